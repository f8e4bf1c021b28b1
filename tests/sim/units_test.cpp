#include "sim/units.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hoplab::sim {
namespace {

using namespace std::chrono_literals;

TEST(Units, TransferTimeRoundsUp) {
  EXPECT_EQ(Bytes(1) / BytesPerSecond(3), 333'333'334ns);
  EXPECT_EQ(3_MiB / BytesPerSecond(1024 * 1024), 3s);
  EXPECT_EQ(Bytes(0) / BytesPerSecond(5), 0ns);
}

TEST(ParseDuration, ReadsWhatPeopleWrite) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("2m20s"), 140s);
  EXPECT_EQ(parse_duration("10us"), 10us);
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("1d"), 24h);
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("1d2h3m4.5s"), 24h + 2h + 3min + 4500ms);
  EXPECT_EQ(parse_duration("0.000000001s"), 1ns);
}

TEST(ParseDuration, ReadsIso8601) {
  EXPECT_EQ(parse_duration("PT1M30S"), 90s);
  EXPECT_EQ(parse_duration("PT2H"), 2h);
  EXPECT_EQ(parse_duration("P1DT0.5S"), 24h + 500ms);
  for (const char* bad :
       {"P", "PT", "P1M", "P1H", "PT1D", "PT5", "P1DT", "PTT1S", "PT1m", "PT-1S"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* bad :
       {"",           "5",          "ms",
        "-1s",        "+1s",        "1e3s",
        " 1s",        "1s ",        "1 s",
        ".5s",        "5.s",        "1..5s",
        "1.5.5s",     "20s2m",      "1s1s",
        "1.5m3s",     "1S",         "0.5ns",
        "1w",         "1µs",        "9999999999999999999s",
        "200000000h", "106751d24h", "1000000000000000000ns1000000000000000000ns"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(ParseDuration, GoesUpToTheLargestDurationAndNoFurther) {
  EXPECT_EQ(parse_duration("106751d23h47m16.854775807s"), Duration::max());
  EXPECT_EQ(parse_duration("106751d23h47m16.854775808s"), std::nullopt);
}

TEST(ParseBytes, KnowsBinaryAndDecimalUnits) {
  EXPECT_EQ(parse_bytes("512MiB"), 512_MiB);
  EXPECT_EQ(parse_bytes("64KiB"), 64_KiB);
  EXPECT_EQ(parse_bytes("1GiB"), 1024_MiB);
  EXPECT_EQ(parse_bytes("1MB"), 1'000'000_B);
  EXPECT_EQ(parse_bytes("1kB"), 1000_B);
  EXPECT_EQ(parse_bytes("1KB"), 1000_B);
  EXPECT_EQ(parse_bytes("100B"), 100_B);
  EXPECT_EQ(parse_bytes("1.5KiB"), 1536_B);
  for (const char* bad : {"", "100", "1.5B", "1 MB", "-1B", "1mb", "1Mb", "B", "16384PiB"}) {
    EXPECT_EQ(parse_bytes(bad), std::nullopt) << bad;
  }
}

TEST(ParseBandwidth, TellsBitsFromBytes) {
  EXPECT_EQ(parse_bandwidth("5Gbps"), BytesPerSecond(625'000'000));
  EXPECT_EQ(parse_bandwidth("8Mbps"), BytesPerSecond(1'000'000));
  EXPECT_EQ(parse_bandwidth("100kbps"), BytesPerSecond(12'500));
  EXPECT_EQ(parse_bandwidth("1MiB/s"), BytesPerSecond(1 << 20));
  EXPECT_EQ(parse_bandwidth("1MB/s"), BytesPerSecond(1'000'000));
  EXPECT_EQ(parse_bandwidth("15bps"), BytesPerSecond(1)) << "rounded down";
  for (const char* bad : {"", "5", "5G", "5Gb", "1MiB", "1Mbps/s", "1/s", "5gbps"}) {
    EXPECT_EQ(parse_bandwidth(bad), std::nullopt) << bad;
  }
}

TEST(ParseRate, TurnsEveryPeriodIntoPerSecond) {
  EXPECT_EQ(parse_rate("20/s"), PerSecond(20));
  EXPECT_EQ(parse_rate("0.5/s"), PerSecond(0.5));
  EXPECT_EQ(parse_rate("90/m"), PerSecond(1.5));
  EXPECT_EQ(parse_rate("3600/h"), PerSecond(1));
  for (const char* bad : {"", "20", "20/d", "20rps", "/s", "-1/s", "1e3/s", "20 /s"}) {
    EXPECT_EQ(parse_rate(bad), std::nullopt) << bad;
  }
}

TEST(ParseRatio, IsAPercentageOrAShare) {
  EXPECT_EQ(parse_ratio("90%"), Ratio(0.9));
  EXPECT_EQ(parse_ratio("0.1%"), Ratio(0.001));
  EXPECT_EQ(parse_ratio("0.05"), Ratio(0.05));
  EXPECT_EQ(parse_ratio("1"), Ratio(1));
  EXPECT_EQ(parse_ratio("0"), Ratio(0));
  EXPECT_EQ(parse_ratio("100%"), Ratio(1));
  for (const char* bad : {"", "%", "101%", "1.01", "-1%", "5 %", "nan", "1e-3"}) {
    EXPECT_EQ(parse_ratio(bad), std::nullopt) << bad;
  }
}

TEST(FormatDuration, IsTheShortestExactSpelling) {
  EXPECT_EQ(format(7ms), "7ms");
  EXPECT_EQ(format(140s), "2m20s");
  EXPECT_EQ(format(1h), "1h");
  EXPECT_EQ(format(1500us), "1.5ms");
  EXPECT_EQ(format(0s), "0s");
  EXPECT_EQ(format(1500ms), "1.5s");
  EXPECT_EQ(format(24h + 90s), "1d1m30s");
  EXPECT_EQ(format(60s + 1ns), "1m1ns");
  EXPECT_EQ(format(1'000'000'001ns), "1.000000001s");
  EXPECT_EQ(format(-1500us), "-1.5ms");
}

TEST(FormatDuration, ReadsBackToTheSameValue) {
  std::int64_t ns = 1;
  for (int i = 0; i < 200'000; ++i) {
    ns =
        static_cast<std::int64_t>((static_cast<std::uint64_t>(ns) * 6364136223846793005U + 1) >> 1);
    const Duration span(ns >> (i % 63));
    ASSERT_EQ(parse_duration(format(span)), span) << span.count();
  }
  EXPECT_EQ(parse_duration(format(Duration::max())), Duration::max());
}

TEST(FormatRounded, ShowsThreeDigitsAndAFittingUnit) {
  EXPECT_EQ(format_rounded(7'020'000ns), "7.02 ms");
  EXPECT_EQ(format_rounded(15s), "15.0 s");
  EXPECT_EQ(format_rounded(190us), "190 us");
  EXPECT_EQ(format_rounded(7ns), "7 ns");
  EXPECT_EQ(format_rounded(0ns), "0 s");
  EXPECT_EQ(format_rounded(999'500ns), "1.00 ms");
  EXPECT_EQ(format_rounded(999'499ns), "999 us");
  EXPECT_EQ(format_rounded(9'996us), "10.0 ms");
  EXPECT_EQ(format_rounded(99'960us), "100 ms");
  EXPECT_EQ(format_rounded(1005us), "1.01 ms") << "halves go up";
  EXPECT_EQ(format_rounded(1h), "60.0 min");
  EXPECT_EQ(format_rounded(24h), "24.0 h");
  EXPECT_EQ(format_rounded(-7'020'000ns), "-7.02 ms");
}

TEST(FormatBytes, UsesABinaryUnitOnlyWhenWhole) {
  EXPECT_EQ(format(512_MiB), "512MiB");
  EXPECT_EQ(format(1024_MiB), "1GiB");
  EXPECT_EQ(format(1000_B), "1000B");
  EXPECT_EQ(format(1536_B), "1536B");
  EXPECT_EQ(format(0_B), "0B");
}

TEST(Iso8601, RoundTripsAndRoundsDown) {
  const auto instant = parse_iso8601("2026-01-05T12:00:00Z");
  ASSERT_TRUE(instant);
  EXPECT_EQ(epoch_milliseconds(*instant), 1'767'614'400'000) << "date -u -d ... +%s";
  EXPECT_EQ(format_iso8601(*instant), "2026-01-05T12:00:00.000Z");
  EXPECT_EQ(format_iso8601(*instant + 1'999'999ns), "2026-01-05T12:00:00.001Z");
  EXPECT_EQ(parse_iso8601("2026-01-05T12:00:00.25Z"), *instant + 250ms);
  EXPECT_EQ(format_iso8601(WallTime(-1ns)), "1969-12-31T23:59:59.999Z");
  EXPECT_TRUE(parse_iso8601("2024-02-29T23:59:59.123456789Z"));
}

TEST(Iso8601, RefusesWhatIsMalformedOrNotUtc) {
  for (const char* bad :
       {"", "Z", "2026-01-05", "2026-01-05T12:00:00", "2026-01-05T12:00:00+01:00",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-01-05T24:00:00Z", "2026-01-05T12:60:00Z", "2026-01-05T12:00:60Z",
        "2026-01-05T12:00:00.Z", "2026-01-05T12:00:00.1234567890Z", "2026-01-05T12:00:00.1aZ",
        "2026-01-05 12:00:00Z", "2026-01-05T12:00:0xZ", "0000-01-05T12:00:00Z"}) {
    EXPECT_EQ(parse_iso8601(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace hoplab::sim
