// From the files of a recording to evidence.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "report/diagnosis/evidence.hpp"
#include "report/recording/access_reader.hpp"

namespace hoplab::report::diagnosis {

/// What task definitions tell about streams and containers.
struct Definitions {
  std::map<std::string, std::string> proxy_of;       ///< "family:revision" to its proxy container.
  std::map<std::string, std::string> node_of;        ///< "family:revision" to "<mesh>_<node>".
  std::map<std::string, std::string> family_of_log;  ///< Log group to family.
};

struct Reading {
  Evidence evidence;
  Definitions definitions;
  std::vector<recording::AccessReader> log_readers;         ///< One for each format in use.
  std::map<std::string, Index, std::less<>> task_index;     ///< By id.
  std::map<std::string, Index, std::less<>> service_index;  ///< By name.
  std::map<std::string, Index, std::less<>> authority_index;
  std::map<std::string, Index, std::less<>> error_index;
  std::map<Index, double> cpu_reserved;  ///< Task to ECS CPU units.
  std::multimap<std::string, Index, std::less<>> address_index;

  std::uint32_t file(const std::string& path);
  Index service(const std::string& name);
  Index authority(std::string_view name);
  Index error(std::string_view text);
};

/// Reads logs/, ecs/, config/, statsd/, cloudwatch/ and xray/ of `recording`, and nothing else of
/// it. Lines that cannot be read are counted and passed over; kinds of evidence that are not there
/// are named.
///
/// Errors: FileTrouble when the directory or a file in it cannot be read, BadRecording when there
///         is no log in it.
/// Memory: at most `records_max` records of requests. Where there are more, requests are sampled
///         by their id, so that all records of a request are kept or none.
[[nodiscard]] Evidence read_evidence(const std::filesystem::path& recording,
                                     std::size_t records_max);

// Its parts, in the order in which they need each other.
void read_definitions(const std::filesystem::path& recording, Reading& reading);
/// In which formats Envoys write, as their virtual nodes say. Access logs that cannot be read are
/// named among what is missing.
void read_log_formats(const std::filesystem::path& recording, Reading& reading);
void read_tasks(const std::filesystem::path& recording, Reading& reading);
void read_machines(const std::filesystem::path& recording, Reading& reading);
void read_security_groups(const std::filesystem::path& recording, Reading& reading);
/// Network ACLs and route tables. A recording without lacks nothing: a VPC may have but its own.
void read_ways(const std::filesystem::path& recording, Reading& reading);
/// Wants the tasks. A recording without flow logs lacks nothing: they are an option of a VPC.
void read_flow_logs(const std::filesystem::path& recording, Reading& reading);
void read_logs(const std::filesystem::path& recording, std::size_t records_max, Reading& reading);
/// An event of Container Insights, of `at_ms` where it does not say itself. False for any other
/// text.
bool take_performance_event(std::string_view event, std::int64_t at_ms, Place place,
                            Reading& reading);
void read_counters(const std::filesystem::path& recording, Reading& reading);
void read_metrics(const std::filesystem::path& recording, Reading& reading);
void read_segments(const std::filesystem::path& recording, Reading& reading);

}  // namespace hoplab::report::diagnosis
