// What the network does to us.
#pragma once

#include <stdexcept>

namespace hoplab::report::live {

/// A name cannot be resolved, a port is taken. Exit code 4.
class NetworkTrouble : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What was asked for is not allowed. Exit code 2.
class BadTarget : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace hoplab::report::live
