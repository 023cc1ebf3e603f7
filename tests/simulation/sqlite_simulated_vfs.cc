#include "tests/simulation/sqlite_simulated_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace coupon::simulation {
namespace {

using Io = SimulatedDisk::Io;

/// What is behind an open file.
struct Handle {
    SqliteSimulatedVfs& vfs;
    std::shared_ptr<SimulatedDisk::File> file;
    bool syncs_folder;  ///< with its next sync, as SQLite's Unix form does for a new journal or log
    std::vector<std::vector<char>> shared_memory;
};

/// What SQLite allocates for it.
struct OpenFile {
    sqlite3_file base;
    Handle* handle;
};

Handle& Of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file)->handle; }
SqliteSimulatedVfs& Of(sqlite3_vfs* vfs) {
    return *static_cast<SqliteSimulatedVfs*>(vfs->pAppData);
}

int CodeOf(Io result, int failure) {
    switch (result) {
        case Io::kOk: return SQLITE_OK;
        case Io::kFull: return SQLITE_FULL;
        case Io::kFailed: return failure;
    }
    return failure;
}

int Close(sqlite3_file* file) {
    delete &Of(file);
    return SQLITE_OK;
}

int Read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) {
    Handle& handle = Of(file);
    if (handle.vfs.Disk().Dead()) return SQLITE_IOERR_READ;
    const std::string& content = handle.vfs.Disk().Content(*handle.file);
    const auto from = std::min(static_cast<std::size_t>(offset), content.size());
    const auto wanted = static_cast<std::size_t>(bytes);
    const std::size_t found = std::min(wanted, content.size() - from);
    std::memcpy(to, content.data() + from, found);
    if (found == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + found, 0, wanted - found);
    return SQLITE_IOERR_SHORT_READ;
}

int Write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    Handle& handle = Of(file);
    const std::string_view content(static_cast<const char*>(from), static_cast<std::size_t>(bytes));
    return CodeOf(handle.vfs.Disk().Write(*handle.file, content, static_cast<std::size_t>(offset)),
                  SQLITE_IOERR_WRITE);
}

int Truncate(sqlite3_file* file, sqlite3_int64 bytes) {
    Handle& handle = Of(file);
    return CodeOf(handle.vfs.Disk().Truncate(*handle.file, static_cast<std::size_t>(bytes)),
                  SQLITE_IOERR_TRUNCATE);
}

int Sync(sqlite3_file* file, int) {
    Handle& handle = Of(file);
    const Io synced = handle.vfs.Disk().Sync(*handle.file);
    if (synced == Io::kOk && std::exchange(handle.syncs_folder, false)) {
        handle.vfs.Disk().SyncFolder();
    }
    return CodeOf(synced, SQLITE_IOERR_FSYNC);
}

int FileSize(sqlite3_file* file, sqlite3_int64* bytes) {
    Handle& handle = Of(file);
    if (handle.vfs.Disk().Dead()) return SQLITE_IOERR_FSTAT;
    *bytes = static_cast<sqlite3_int64>(handle.vfs.Disk().Content(*handle.file).size());
    return SQLITE_OK;
}

int Lock(sqlite3_file*, int) { return SQLITE_OK; }

int CheckReservedLock(sqlite3_file*, int* reserved) {
    *reserved = 0;
    return SQLITE_OK;
}

int FileControl(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }

/// As on Linux: 4096 bytes, and a write harms nothing beside it.
int SectorSize(sqlite3_file*) { return 4096; }
int DeviceCharacteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int ShmMap(sqlite3_file* file, int region, int bytes, int extend, volatile void** memory) {
    auto& regions = Of(file).shared_memory;
    const auto index = static_cast<std::size_t>(region);
    *memory = nullptr;
    if (index >= regions.size()) {
        if (extend == 0) return SQLITE_OK;
        regions.resize(index + 1);
    }
    regions[index].resize(static_cast<std::size_t>(bytes));
    *memory = regions[index].data();
    return SQLITE_OK;
}

int ShmLock(sqlite3_file*, int, int, int) { return SQLITE_OK; }
void ShmBarrier(sqlite3_file*) {}

int ShmUnmap(sqlite3_file* file, int) {
    Of(file).shared_memory.clear();
    return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Lock,
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
    auto* const opened = reinterpret_cast<OpenFile*>(file);
    opened->base.pMethods = nullptr;
    if (name == nullptr) return SQLITE_CANTOPEN;  // the ledger keeps what is temporary in memory
    const bool creates = (flags & SQLITE_OPEN_CREATE) != 0;
    auto found = Of(vfs).Disk().Open(name, creates);
    if (!found) return SQLITE_CANTOPEN;
    const bool is_log = (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
    opened->handle = new Handle{Of(vfs), std::move(found), creates && is_log, {}};
    opened->base.pMethods = &kMethods;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    if (!Of(vfs).Disk().Exists(name)) return SQLITE_IOERR_DELETE_NOENT;
    return CodeOf(Of(vfs).Disk().Delete(name, sync_folder != 0), SQLITE_IOERR_DELETE);
}

int Access(sqlite3_vfs* vfs, const char* name, int, int* exists) {
    *exists = Of(vfs).Disk().Exists(name) ? 1 : 0;
    return SQLITE_OK;
}

int FullPathname(sqlite3_vfs*, const char* name, int bytes, char* full) {
    std::snprintf(full, static_cast<std::size_t>(bytes), "%s", name);
    return SQLITE_OK;
}

int Randomness(sqlite3_vfs* vfs, int bytes, char* to) {
    std::generate_n(to, bytes, [&] { return static_cast<char>(Of(vfs).Chance().Next()); });
    return bytes;
}

int Sleep(sqlite3_vfs* vfs, int microseconds) {
    Of(vfs).Clock().Advance(std::chrono::milliseconds{microseconds / 1000 + 1});
    return microseconds;
}

/// Milliseconds since noon of the first Julian day.
int CurrentTime(sqlite3_vfs* vfs, sqlite3_int64* now) {
    constexpr sqlite3_int64 kUnixEpoch = 210'866'760'000'000;
    *now = kUnixEpoch + Of(vfs).Clock().WallNow().time_since_epoch().count();
    return SQLITE_OK;
}

int LastError(sqlite3_vfs*, int, char*) { return 0; }

}  // namespace

SqliteSimulatedVfs::SqliteSimulatedVfs(SimulatedDisk& disk, SimulatedClock& clock, Random& random)
    : disk_(disk), clock_(clock), random_(random) {
    sqlite3_initialize();
    auto vfs = std::make_unique<sqlite3_vfs>();
    vfs->iVersion = 2;
    vfs->szOsFile = static_cast<int>(sizeof(OpenFile));
    vfs->mxPathname = 512;
    vfs->zName = name_.c_str();
    vfs->pAppData = this;
    vfs->xOpen = Open;
    vfs->xDelete = Delete;
    vfs->xAccess = Access;
    vfs->xFullPathname = FullPathname;
    vfs->xRandomness = Randomness;
    vfs->xSleep = Sleep;
    vfs->xGetLastError = LastError;
    vfs->xCurrentTimeInt64 = CurrentTime;
    sqlite3_vfs_register(vfs.get(), 0);
    registered_ = vfs.release();
    // The salts of the log come from here.
    const auto seed = static_cast<int>(random.Next() | 1);
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, seed, static_cast<sqlite3*>(nullptr));
}

SqliteSimulatedVfs::~SqliteSimulatedVfs() {
    auto* const vfs = static_cast<sqlite3_vfs*>(registered_);
    sqlite3_vfs_unregister(vfs);
    delete vfs;
}

}  // namespace coupon::simulation
