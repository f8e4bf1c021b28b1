// Load generators: clients outside the mesh that call a service.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "models/app/http_client.hpp"
#include "models/telemetry/sink.hpp"
#include "models/workload/arrivals.hpp"
#include "scenarios/schema/spec.hpp"
#include "sim/random.hpp"

namespace hoplab::models::workload {

struct LoadSpec {
  const scenarios::Load* load = nullptr;
  sim::SimTime start{};
  sim::SimTime end{};          ///< No request begins at or after this instant.
  sim::WallTime wall_start{};  ///< `start` as a true clock has it.
  app::ClientTarget target;
  http::Request request;
  telemetry::SeriesId series;
  sim::Rng rng;
};

/// Open loops (Poisson, evenly spaced; at a rate that may change) begin a request when its time has
/// come, whatever became of the others, so that its time counts from when it was due: a stall hides
/// nothing (no coordinated omission, and no second time to report). The closed loop has `vus`
/// clients that think, ask and wait for the answer. An impatient client closes its connection when
/// it has waited long enough; one of a closed loop never comes back.
///
/// Clients are without fault: no security group stands in their way.
class Load final : public app::CallUser {
 public:
  Load(sim::Engine& engine, vpc::Network& network, Timeouts& timeouts, telemetry::Sink& sink,
       LoadSpec spec);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void start();
  /// Where the service is from now on.
  void set_targets(std::vector<vpc::Interface*> targets) {
    client_.set_targets(std::move(targets));
  }
  [[nodiscard]] std::uint64_t issued() const { return issued_; }
  [[nodiscard]] std::uint64_t answered() const { return answered_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }
  /// Of the failed ones: the client did not wait for the answer.
  [[nodiscard]] std::uint64_t gave_up() const { return gave_up_; }
  [[nodiscard]] std::uint64_t in_flight() const { return issued_ - answered_ - failed_; }

  void on_call_done(std::uint64_t word, const app::CallResult& result) override;

 private:
  void on_arrival();
  void on_thought();
  void issue();
  void schedule_arrival();
  void think(bool was_answered);
  [[nodiscard]] bool is_over() const;

  sim::Engine& engine_;
  telemetry::Sink& sink_;
  LoadSpec spec_;
  app::HttpClient client_;
  std::optional<Arrivals> arrivals_;  ///< Where the rate changes.
  sim::Duration mean_gap_{};
  std::uint64_t issued_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t gave_up_ = 0;
};

}  // namespace hoplab::models::workload
