// Latency, rate and faults of each service's calls, as its Envoys counted them: all requests, not
// only those that were traced.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/units.hpp"

namespace hoplab::report::xray {

/// Calls of `service` to `upstream`. Times are of Envoy's upstream_rq_time (the request's last byte
/// out to the answer's last byte in), nothing where there was no answer.
struct MatrixCell {
  std::string service;
  std::string upstream;
  std::uint64_t requests = 0;
  std::uint64_t faults = 0;  ///< 5xx, Envoy's own included.
  std::uint64_t errors = 0;  ///< 4xx.
  std::uint64_t timeouts = 0;
  std::uint64_t connect_failures = 0;
  double per_second = 0;
  std::size_t envoys = 0;
  std::optional<sim::Duration> p50;
  std::optional<sim::Duration> p95;
  std::optional<sim::Duration> p99;
};

struct EnvoyMatrix {
  std::vector<MatrixCell> cells;   ///< By service and upstream.
  bool is_of_access_logs = false;  ///< There were no statistics.
};

/// Of files with the text of Envoy's /stats, one an Envoy. The service is the node that its ingress
/// clusters name (cds_ingress_MESH_NODE_PROTOCOL_PORT).
///
/// Quantiles of several Envoys are those of the mixture of their distributions, each known by the
/// quantiles that it tells and straight lines between them; of one Envoy they are its own.
[[nodiscard]] EnvoyMatrix envoy_matrix(const std::vector<std::filesystem::path>& stats);

/// The same of access-log lines in Envoy's default format, in log files of any kind: those that
/// went to another host; the service is the file's log group. Exact, in whole milliseconds.
/// Errors: FileTrouble.
[[nodiscard]] EnvoyMatrix access_log_matrix(const std::filesystem::path& logs);

/// "hoplab.matrix/1".
[[nodiscard]] std::string matrix_json(const EnvoyMatrix& matrix);

}  // namespace hoplab::report::xray
