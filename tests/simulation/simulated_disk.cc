#include "tests/simulation/simulated_disk.h"

#include <algorithm>
#include <utility>

namespace coupon::simulation {
namespace {

/// A write, or without bytes a truncation to `offset`.
struct Unsynced {
    std::size_t offset = 0;
    std::string bytes = {};
    bool truncates = false;
};

void ApplyTo(std::string& content, std::string_view bytes, std::size_t offset) {
    if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
    std::ranges::copy(bytes, content.begin() + static_cast<std::ptrdiff_t>(offset));
}

void ApplyTo(std::string& content, const Unsynced& change) {
    if (change.truncates) {
        content.resize(change.offset);
    } else {
        ApplyTo(content, change.bytes, change.offset);
    }
}

}  // namespace

class SimulatedDisk::File {
public:
    std::string seen;
    std::string kept;
    std::vector<Unsynced> unsynced;
};

const std::string& SimulatedDisk::Content(const File& file) const { return file.seen; }

std::shared_ptr<SimulatedDisk::File> SimulatedDisk::Open(const std::string& name, bool create) {
    if (dead_) return nullptr;
    const auto found = names_.find(name);
    if (found != names_.end()) return found->second;
    if (!create) return nullptr;
    return names_[name] = std::make_shared<File>();
}

SimulatedDisk::Io SimulatedDisk::Delete(const std::string& name, bool sync_folder) {
    if (dead_) return Io::kFailed;
    if (CrashesNow()) {
        coverage_.Count(Event::kCrashAtDelete);
        if (random_.OneIn(2)) names_.erase(name);
        return Io::kFailed;
    }
    names_.erase(name);
    if (sync_folder) SyncFolder();
    return Io::kOk;
}

bool SimulatedDisk::CrashesNow() {
    if (crash_after_ < 0 || crash_after_-- > 0) return false;
    dead_ = true;
    return true;
}

bool SimulatedDisk::Has(Fault fault) {
    if (fault != fault_ || fault_times_ == 0 || fault_after_ > 0) return false;
    --fault_times_;
    return true;
}

SimulatedDisk::Io SimulatedDisk::Fail(Event event) {
    coverage_.Count(event);
    if (on_error_) on_error_();
    return Io::kFailed;
}

void SimulatedDisk::WritePart(File& file, std::string_view bytes, std::size_t offset) {
    const auto part = random_.Between(0, static_cast<std::int64_t>(bytes.size()) - 1);
    bytes = bytes.substr(0, static_cast<std::size_t>(part));
    if (bytes.empty()) return;
    ApplyTo(file.seen, bytes, offset);
    file.unsynced.push_back({.offset = offset, .bytes = std::string(bytes)});
}

void SimulatedDisk::WriteWhatFits(File& file, std::string_view bytes, std::size_t offset) {
    const std::size_t there = std::max(file.seen.size(), offset) - offset;
    const auto most = static_cast<std::int64_t>(bytes.size()) - 1;
    const auto fits = random_.Between(static_cast<std::int64_t>(there), most);
    bytes = bytes.substr(0, static_cast<std::size_t>(fits));
    if (bytes.empty()) return;
    ApplyTo(file.seen, bytes, offset);
    file.unsynced.push_back({.offset = offset, .bytes = std::string(bytes)});
}

SimulatedDisk::Io SimulatedDisk::Write(File& file, std::string_view bytes, std::size_t offset) {
    if (dead_) return Io::kFailed;
    if (on_step_) on_step_();
    fault_after_ = std::max<std::int64_t>(fault_after_ - 1, 0);
    if (dead_) return Io::kFailed;
    if (CrashesNow()) {
        coverage_.Count(Event::kCrashAtWrite);
        WritePart(file, bytes, offset);
        return Io::kFailed;
    }
    if (Has(Fault::kWriteError)) return Fail(Event::kWriteError);
    if (Has(Fault::kTornWriteError)) {
        WritePart(file, bytes, offset);
        return Fail(Event::kTornWriteError);
    }
    const bool grows = offset + bytes.size() > file.seen.size();
    if (grows && Has(Fault::kShortWrite)) {
        WriteWhatFits(file, bytes, offset);
        coverage_.Count(Event::kShortWrite);
        return Io::kFull;
    }
    if (grows && Has(Fault::kFull)) {
        coverage_.Count(Event::kFull);
        return Io::kFull;
    }
    ApplyTo(file.seen, bytes, offset);
    file.unsynced.push_back({.offset = offset, .bytes = std::string(bytes)});
    return Io::kOk;
}

SimulatedDisk::Io SimulatedDisk::Truncate(File& file, std::size_t bytes) {
    if (dead_) return Io::kFailed;
    if (CrashesNow()) {
        coverage_.Count(Event::kCrashAtTruncate);
        return Io::kFailed;
    }
    if (Has(Fault::kTruncateError)) return Fail(Event::kTruncateError);
    file.seen.resize(bytes);
    file.unsynced.push_back({.offset = bytes, .truncates = true});
    return Io::kOk;
}

SimulatedDisk::Io SimulatedDisk::Sync(File& file) {
    if (dead_) return Io::kFailed;
    clock_.Advance(std::chrono::milliseconds{random_.Between(0, 3)});
    if (on_step_) on_step_();
    fault_after_ = std::max<std::int64_t>(fault_after_ - 1, 0);
    if (dead_) return Io::kFailed;
    const bool crashes = CrashesNow();
    if (crashes && random_.OneIn(2)) {
        coverage_.Count(Event::kCrashBeforeSync);
        return Io::kFailed;
    }
    if (Has(Fault::kSyncError)) return FailedSync(file);
    if (Has(Fault::kSlowSync)) {
        coverage_.Count(Event::kSlowSync);
        for (int i = 0; i < 4; ++i) {
            clock_.Advance(std::chrono::milliseconds{random_.Between(100, 1500)});
            if (on_step_) on_step_();
        }
    }
    if (!drop_syncs_) {
        for (const Unsynced& change : file.unsynced) ApplyTo(file.kept, change);
        file.unsynced.clear();
    }
    if (crashes) coverage_.Count(Event::kCrashAfterSync);
    return crashes || dead_ ? Io::kFailed : Io::kOk;
}

SimulatedDisk::Io SimulatedDisk::FailedSync(File& file) {
    for (const Unsynced& change : file.unsynced) {
        if (random_.OneIn(2)) ApplyTo(file.kept, change);
    }
    file.unsynced.clear();
    return Fail(Event::kSyncError);
}

void SimulatedDisk::Arm(Fault fault, std::int64_t steps, std::int64_t times) {
    fault_ = fault;
    fault_after_ = steps;
    fault_times_ = times;
}

void SimulatedDisk::Heal() {
    fault_times_ = 0;
    crash_after_ = -1;
}

void SimulatedDisk::Restart(Crash crash) {
    dead_ = false;
    crash_after_ = -1;
    if (crash == Crash::kProcessKilled) {
        coverage_.Count(Event::kProcessKilled);
        return;
    }
    coverage_.Count(Event::kPowerLost);
    std::map<std::string, std::shared_ptr<File>> left = durable_names_;
    for (const auto& [name, file] : names_) {
        if (durable_names_.contains(name) && durable_names_.at(name) == file) continue;
        if (random_.OneIn(2)) left[name] = file;
    }
    for (const auto& [name, file] : durable_names_) {
        if (!names_.contains(name) && random_.OneIn(2)) left.erase(name);
    }
    if (left != names_) coverage_.Count(Event::kFolderEntryLost);
    names_ = durable_names_ = std::move(left);
    for (const auto& [name, file] : names_) LosePower(*file);
}

void SimulatedDisk::LosePower(File& file) {
    // One cut loses nearly everything, the next one nearly nothing.
    const std::int64_t kept_of_ten = random_.Between(0, 10);
    bool lost_before = false;
    for (const Unsynced& change : file.unsynced) {
        if (change.truncates) {
            if (random_.Between(1, 10) <= kept_of_ten) file.kept.resize(change.offset);
            continue;
        }
        std::size_t kept = 0;
        for (std::size_t at = 0; at < change.bytes.size(); at += kSectorBytes) {
            if (random_.Between(1, 10) > kept_of_ten) continue;
            const auto sector = std::string_view(change.bytes).substr(at, kSectorBytes);
            ApplyTo(file.kept, sector, change.offset + at);
            kept += sector.size();
        }
        if (kept == 0) coverage_.Count(Event::kWriteLost);
        if (kept > 0 && kept < change.bytes.size()) coverage_.Count(Event::kWriteTorn);
        if (kept > 0 && lost_before) coverage_.Count(Event::kWriteReordered);
        lost_before = lost_before || kept < change.bytes.size();
    }
    file.unsynced.clear();
    file.seen = file.kept;
}

}  // namespace coupon::simulation
