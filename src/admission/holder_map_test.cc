#include "admission/holder_map.h"

#include <gtest/gtest.h>

#include <fstream>

#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

namespace coupon::admission {
namespace {

constexpr std::uint64_t kSeed = 42;

TEST(HolderMap, FindsNobodyAtFirst) {
    EpochReclaimer reclaimer;
    const HolderMap map(reclaimer, kSeed);
    EXPECT_FALSE(map.Find(UserId{1}));
}

TEST(HolderMap, AgreesWithAModelOverRandomUsersThroughEveryGrowth) {
    EpochReclaimer reclaimer;
    HolderMap map(reclaimer, kSeed);
    std::unordered_map<std::int64_t, std::int64_t> model;
    std::mt19937_64 random(7);
    for (std::int64_t sequence = 1; sequence <= 200'000; ++sequence) {
        // Small and huge ids mixed: callers choose them.
        const auto user = static_cast<std::int64_t>(random() >> (1 + random() % 40)) | 1;
        if (!model.emplace(user, sequence).second) continue;
        map.Insert(UserId{user}, Sequence{sequence});
    }
    ASSERT_EQ(map.Size(), model.size());
    for (const auto& [user, sequence] : model) {
        const auto found = map.Find(UserId{user});
        ASSERT_TRUE(found) << user;
        EXPECT_EQ(found->sequence, Sequence{sequence});
        EXPECT_FALSE(found->redeemed);
        EXPECT_EQ(map.Find(UserId{user ^ 2}).has_value(), model.contains(user ^ 2));
    }
}

TEST(HolderMap, KeepsAHolderBelow24BytesWhenGrown) {
    EpochReclaimer reclaimer;
    HolderMap map(reclaimer, kSeed);
    for (std::int64_t user = 1; user <= 1'000'000; ++user) {
        map.Insert(UserId{user}, Sequence{user});
        if (user >= 100'000 && user % 50'000 == 0) {
            EXPECT_LE(map.MemoryBytes(), static_cast<std::size_t>(user) * 24) << user;
        }
    }
}

TEST(HolderMap, DoesNotGrowWithinAReserve) {
    for (const std::int64_t holders : {10'000, 13'108, 20'000, 100'000, 500'000}) {
        EpochReclaimer reclaimer;
        HolderMap map(reclaimer, kSeed);
        map.Reserve(static_cast<std::size_t>(holders));
        const std::size_t reserved = map.MemoryBytes();
        for (std::int64_t user = 1; user <= holders; ++user) {
            map.Insert(UserId{user * 7919}, Sequence{user});
        }
        EXPECT_EQ(map.MemoryBytes(), reserved) << holders;
    }
}

TEST(HolderMap, RemembersARedemptionAndItsUndoThroughGrowth) {
    EpochReclaimer reclaimer;
    HolderMap map(reclaimer, kSeed);
    map.Insert(UserId{5}, Sequence{1});
    map.Insert(UserId{6}, Sequence{2});
    map.SetRedeemed(UserId{5}, true);
    map.SetRedeemed(UserId{6}, true);
    map.SetRedeemed(UserId{6}, false);
    for (std::int64_t user = 100; user < 60'000; ++user) map.Insert(UserId{user}, Sequence{user});
    EXPECT_TRUE(map.Find(UserId{5})->redeemed);
    EXPECT_EQ(map.Find(UserId{5})->sequence, Sequence{1});
    EXPECT_FALSE(map.Find(UserId{6})->redeemed);
}

TEST(HolderMap, HoldsTheGreatestUserAndSequence) {
    EpochReclaimer reclaimer;
    HolderMap map(reclaimer, kSeed);
    map.Insert(UserId{limits::kIdMax}, Sequence{limits::kSequenceMax});
    map.SetRedeemed(UserId{limits::kIdMax}, true);
    EXPECT_EQ(map.Find(UserId{limits::kIdMax})->sequence, Sequence{limits::kSequenceMax});
    EXPECT_DEATH(map.Insert(UserId{1}, Sequence{limits::kSequenceMax + 1}), "CHECK failed");
}

TEST(HolderMap, ShowsReadersEveryHolderThatWasPublishedWhileItGrows) {
    EpochReclaimer reclaimer;
    HolderMap map(reclaimer, kSeed);
    constexpr std::int64_t kUsers = 150'000;
    std::atomic<std::int64_t> published{0};
    std::atomic<std::int64_t> missing{0};
    std::vector<std::thread> readers;
    for (int reader = 0; reader < 2; ++reader) {
        readers.emplace_back([&, reader] {
            std::mt19937_64 random(static_cast<std::uint64_t>(reader));
            std::int64_t upto = 0;
            while ((upto = published.load(std::memory_order_acquire)) < kUsers) {
                if (upto == 0) continue;
                const auto user =
                    static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(upto)) + 1;
                const EpochReclaimer::ReadGuard guard(reclaimer);
                const auto found = map.Find(UserId{user});
                if (!found || found->sequence != Sequence{user}) missing.fetch_add(1);
            }
        });
    }
    for (std::int64_t user = 1; user <= kUsers; ++user) {
        map.Insert(UserId{user}, Sequence{user});
        published.store(user, std::memory_order_release);
    }
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(missing.load(), 0);
    reclaimer.Collect();
    EXPECT_EQ(reclaimer.PendingForTest(), 0U);
}

TEST(HolderMap, TakesNoMemoryForReservedRoomUntilItIsUsed) {
    const auto resident_bytes = [] {
        std::size_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages >> pages;
        return pages * 4096;
    };
    EpochReclaimer reclaimer;
    std::vector<std::unique_ptr<HolderMap>> maps;
    const std::size_t before = resident_bytes();
    for (int i = 0; i < 100; ++i) {
        maps.push_back(std::make_unique<HolderMap>(reclaimer, 1));
        maps.back()->Reserve(1'000'000);
        maps.back()->Insert(UserId{7}, Sequence{1});
    }
    // 12 MB a map if it were taken at once.
    EXPECT_LT(resident_bytes() - before, std::size_t{100} * 256 * 1024);
}

}  // namespace
}  // namespace coupon::admission
