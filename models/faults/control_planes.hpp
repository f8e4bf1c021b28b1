// ECS, Cloud Map and App Mesh, as operators and their failures touch them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "models/ec2/instance.hpp"

namespace hoplab::models::faults {

class ControlPlanes {
 public:
  virtual ~ControlPlanes() = default;

  /// UpdateService: what is not given stays. `version` is a service of the file whose program it is
  /// to run, or a task definition; "" for as it is.
  virtual void update_service(const std::string& service, std::optional<int> desired_count,
                              const std::string& version, bool force_new_deployment) = 0;
  /// UpdateService with the task definition that was deployed before.
  virtual void roll_back(const std::string& service) = 0;

  /// UpdateContainerInstancesState: DRAINING, or ACTIVE again.
  virtual void set_draining(const ec2::Instance& instance, bool is_draining) = 0;
  /// Whether the ECS agent of the instance talks to ECS. Disconnections overlap: it is connected
  /// again when all are over.
  virtual void set_agent_connected(const ec2::Instance& instance, bool is_connected) = 0;
  /// It says nothing any more and closes nothing: ECS calls it disconnected when heartbeats have
  /// been missed. Its end is set_agent_connected(true).
  virtual void silence_agent(const ec2::Instance& instance) = 0;
  /// EC2 has stopped or terminated it ("stopped", "terminated"): its tasks are lost.
  virtual void lose_instance(const ec2::Instance& instance, const std::string& how) = 0;
  /// A stopped one runs again, and its agent registers.
  virtual void bring_back_instance(const ec2::Instance& instance) = 0;
  /// All its processes end, its agent is away; nobody is told.
  virtual void lose_power(const ec2::Instance& instance) = 0;
  /// It has power again: its agent is back when it has started.
  virtual void boot(const ec2::Instance& instance) = 0;
  /// Its operating system restarts: all processes end, the agent is away for a while.
  virtual void reboot_instance(const ec2::Instance& instance) = 0;

  /// The images of a version (a service of the file) cannot be fetched, or can again.
  virtual void set_images_missing(const std::string& version, bool are_missing) = 0;

  /// UpdateRoute: weights of the services behind a virtual service, in all its routes; what is not
  /// named stays. Returns those that were in force.
  virtual std::map<std::string, std::uint32_t> set_weights(
      const std::string& virtual_service, const std::map<std::string, std::uint32_t>& weights) = 0;
  /// App Mesh's Envoy management service.
  virtual void set_control_plane_up(bool is_up) = 0;
  /// Cloud Map's records of a service stay as they are, or catch up.
  virtual void set_records_frozen(const std::string& service, bool are_frozen) = 0;
};

}  // namespace hoplab::models::faults
