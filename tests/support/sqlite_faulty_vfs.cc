#include "tests/support/sqlite_faulty_vfs.h"

#include <sqlite3.h>

#include <memory>
#include <utility>

namespace coupon::support {
namespace {

/// What SQLite allocates for an open file: ours, followed in memory by the default VFS's own.
struct File {
    sqlite3_file base;
    SqliteFaultyVfs* owner;
    sqlite3_file* real;
};

sqlite3_file* Real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real; }

SqliteFaultyVfs& Owner(sqlite3_file* file) { return *reinterpret_cast<File*>(file)->owner; }

sqlite3_vfs* RealVfs() {
    static sqlite3_vfs* const real = sqlite3_vfs_find("unix");
    return real;
}

int Close(sqlite3_file* file) { return Real(file)->pMethods->xClose(Real(file)); }

int Read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
    return Real(file)->pMethods->xRead(Real(file), to, bytes, offset);
}

int Write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    sqlite3_file* const real = Real(file);
    if (!Owner(file).Step()) return real->pMethods->xWrite(real, from, bytes, offset);
    switch (Owner(file).CurrentFault()) {
        case SqliteFaultyVfs::Fault::kFull: return SQLITE_FULL;
        case SqliteFaultyVfs::Fault::kTornWrite:
            (void)real->pMethods->xWrite(real, from, bytes / 2, offset);
            break;
        case SqliteFaultyVfs::Fault::kIoError: break;
    }
    return SQLITE_IOERR_WRITE;
}

int Truncate(sqlite3_file* file, sqlite3_int64 bytes) {
    const bool fails =
        Owner(file).Step() && Owner(file).CurrentFault() != SqliteFaultyVfs::Fault::kFull;
    return fails ? SQLITE_IOERR_TRUNCATE : Real(file)->pMethods->xTruncate(Real(file), bytes);
}

int Sync(sqlite3_file* file, int flags) {
    const bool fails =
        Owner(file).Step() && Owner(file).CurrentFault() != SqliteFaultyVfs::Fault::kFull;
    return fails ? SQLITE_IOERR_FSYNC : Real(file)->pMethods->xSync(Real(file), flags);
}

int FileSize(sqlite3_file* file, sqlite3_int64* bytes) {
    return Real(file)->pMethods->xFileSize(Real(file), bytes);
}

int Lock(sqlite3_file* file, int level) { return Real(file)->pMethods->xLock(Real(file), level); }

int Unlock(sqlite3_file* file, int level) {
    return Real(file)->pMethods->xUnlock(Real(file), level);
}

int CheckReservedLock(sqlite3_file* file, int* reserved) {
    return Real(file)->pMethods->xCheckReservedLock(Real(file), reserved);
}

int FileControl(sqlite3_file* file, int operation, void* argument) {
    return Real(file)->pMethods->xFileControl(Real(file), operation, argument);
}

int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }

int DeviceCharacteristics(sqlite3_file* file) {
    return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}

int ShmMap(sqlite3_file* file, int region, int bytes, int extend, volatile void** memory) {
    return Real(file)->pMethods->xShmMap(Real(file), region, bytes, extend, memory);
}

int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
    return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}

void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }

int ShmUnmap(sqlite3_file* file, int remove) {
    return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* const ours = reinterpret_cast<File*>(file);
    ours->base.pMethods = nullptr;
    ours->owner = static_cast<SqliteFaultyVfs*>(vfs->pAppData);
    ours->real = reinterpret_cast<sqlite3_file*>(ours + 1);
    const int code = RealVfs()->xOpen(RealVfs(), name, ours->real, flags, out_flags);
    if (code == SQLITE_OK) ours->base.pMethods = &kMethods;
    return code;
}

}  // namespace

SqliteFaultyVfs::SqliteFaultyVfs(std::string name) : name_(std::move(name)) {
    sqlite3_initialize();
    // Everything but xOpen stays the default's.
    auto vfs = std::make_unique<sqlite3_vfs>(*RealVfs());
    vfs->szOsFile += static_cast<int>(sizeof(File));
    vfs->zName = name_.c_str();
    vfs->pNext = nullptr;
    vfs->pAppData = this;
    vfs->xOpen = Open;
    sqlite3_vfs_register(vfs.get(), 0);
    registered_ = vfs.release();
}

SqliteFaultyVfs::~SqliteFaultyVfs() {
    auto* const vfs = static_cast<sqlite3_vfs*>(registered_);
    sqlite3_vfs_unregister(vfs);
    delete vfs;
}

void SqliteFaultyVfs::FailAfter(std::int64_t steps, Fault fault) {
    fault_.store(fault, std::memory_order_relaxed);
    first_failing_step_.store(Steps() + steps, std::memory_order_relaxed);
}

void SqliteFaultyVfs::Heal() { first_failing_step_.store(INT64_MAX, std::memory_order_relaxed); }

bool SqliteFaultyVfs::Step() {
    return steps_.fetch_add(1, std::memory_order_relaxed) >=
           first_failing_step_.load(std::memory_order_relaxed);
}

}  // namespace coupon::support
