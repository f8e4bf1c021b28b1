// What each party saw: the same requests as the app, the Envoys and ECS wrote them down.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "report/expectations/app_line.hpp"
#include "report/expectations/origin.hpp"
#include "report/expectations/tally.hpp"
#include "report/recording/access_line.hpp"
#include "report/recording/windows.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::report::expectations {

/// One party and its counts in each shown window.
struct Party {
  std::string name;  ///< "a.envoy ingress", "a.app", "a.envoy egress to b", "b in ECS".
  std::vector<Tally> by_window;
};

/// Counts for every party that the scenario has, silent ones included: a party without a line is
/// the first thing to look for.
class Parties {
 public:
  /// `scenario` outlives this.
  Parties(const scenarios::Scenario& scenario, std::vector<recording::NamedWindow> windows);

  /// Where the lines of one stream have been counted: the next one needs no search by name.
  struct Known {
    std::vector<Tally>* ingress = nullptr;
    std::vector<std::pair<std::string, std::vector<Tally>*>> egress;  ///< By the callee's name.
    std::vector<Tally>* app = nullptr;
  };
  /// `known` is of the stream that the line stands in.
  void access_line(const Origin& origin, const recording::AccessLine& line, bool is_egress,
                   Duration ended, Known& known);
  void app_line(const Origin& origin, const AppLine& line, Duration at, Known& known);
  struct TaskState {
    std::string service;
    std::string note;  ///< "RUNNING", "STOPPED: app exit 1".
  };
  void task(const TaskState& state, Duration at);

  /// In the order in which a request meets them, service by service.
  [[nodiscard]] std::vector<Party> sorted() const;
  [[nodiscard]] const std::vector<recording::NamedWindow>& windows() const { return windows_; }

 private:
  /// Rank puts a service's parties in the order of a request.
  struct Key {
    std::size_t service = 0;
    int rank = 0;
    std::string name;
    auto operator<=>(const Key&) const = default;
  };
  std::vector<Tally>& entry(const Key& key);
  void register_service(std::size_t index);
  [[nodiscard]] std::string container_name(const Origin& origin) const;
  template <typename Count>
  void count(std::vector<Tally>& tallies, Duration at, const Count& add);
  std::vector<Tally>& tallies_of(const Origin& origin, const recording::AccessLine& line,
                                 bool is_egress, Known& known);

  const scenarios::Scenario& scenario_;
  std::vector<recording::NamedWindow> windows_;
  std::map<Key, std::vector<Tally>> parties_;
};

}  // namespace hoplab::report::expectations
