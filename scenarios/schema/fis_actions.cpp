#include "scenarios/schema/fis_actions.hpp"

#include <algorithm>

namespace hoplab::scenarios {

const std::vector<std::string>& fis_actions() {
  static const std::vector<std::string> all = {
      "aws:ecs:drain-container-instances",
      "aws:ecs:stop-task",
      "aws:ecs:task-cpu-stress",
      "aws:ecs:task-io-stress",
      "aws:ecs:task-kill-process",
      "aws:ecs:task-network-blackhole-port",
      "aws:ecs:task-network-latency",
      "aws:ecs:task-network-packet-loss",
      "aws:ec2:reboot-instances",
      "aws:ec2:stop-instances",
      "aws:ec2:terminate-instances",
      "aws:network:disrupt-connectivity",
      "aws:network:disrupt-vpc-endpoint",
      "aws:cloudwatch:assert-alarm-state",
      "aws:ebs:pause-volume-io",
      "aws:ebs:volume-io-latency",
      "aws:ssm:send-command/AWSFIS-Run-CPU-Stress",
      "aws:ssm:send-command/AWSFIS-Run-Disk-Fill",
      "aws:ssm:send-command/AWSFIS-Run-IO-Stress",
      "aws:ssm:send-command/AWSFIS-Run-Kill-Process",
      "aws:ssm:send-command/AWSFIS-Run-Memory-Stress",
      "aws:ssm:send-command/AWSFIS-Run-Network-Blackhole-Port",
      "aws:ssm:send-command/AWSFIS-Run-Network-Latency",
      "aws:ssm:send-command/AWSFIS-Run-Network-Latency-Sources",
      "aws:ssm:send-command/AWSFIS-Run-Network-Packet-Loss",
      "aws:ssm:send-command/AWSFIS-Run-Network-Packet-Loss-Sources"};
  return all;
}

bool is_fis_action(std::string_view id) {
  return std::ranges::find(fis_actions(), id) != fis_actions().end() ||
         id.starts_with("aws:ssm:send-command/AWSFIS-Run-");
}

bool happens_at_once(std::string_view id) {
  static const std::vector<std::string> all = {"aws:ecs:stop-task", "aws:ecs:task-kill-process",
                                               "aws:ec2:reboot-instances", "aws:ec2:stop-instances",
                                               "aws:ec2:terminate-instances"};
  return std::ranges::find(all, id) != all.end();
}

}  // namespace hoplab::scenarios
