// Which requests are traced: the local sampling rules of X-Ray's SDKs and of Envoy's tracer.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "models/telemetry/sink.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/random.hpp"

namespace hoplab::models::telemetry {

/// Decides for one process. The first rule whose host, method and path fit, else the default, has a
/// reservoir of so many requests each second of the host's clock; of the others a share is traced.
///
/// Source: X-Ray Developer Guide, sampling rules (local file, version 2); default 1/s and 5 %,
///         which App Mesh's Envoy shares (XRAY_SAMPLING_RATE).
/// Limits: no central sampling rules: Envoy does not ask for them either.
class Sampler {
 public:
  /// `sampling` outlives the sampler.
  Sampler(const scenarios::Sampling& sampling, sim::Rng rng);

  [[nodiscard]] bool samples(std::string_view host, std::string_view method, std::string_view path,
                             WallTime now);

 private:
  struct Reservoir {
    std::int64_t second = -1;
    std::uint32_t taken = 0;
  };

  const scenarios::Sampling& sampling_;
  sim::Rng rng_;
  std::vector<Reservoir> reservoirs_;  ///< One per rule, and the default's behind them.
};

/// Whether `text` fits `pattern`, in which `*` is any text and `?` any one character. Letters of
/// either case are the same, as X-Ray has it.
[[nodiscard]] bool fits_wildcards(std::string_view pattern, std::string_view text);

}  // namespace hoplab::models::telemetry
