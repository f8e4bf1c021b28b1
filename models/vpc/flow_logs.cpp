#include "models/vpc/flow_logs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace hoplab::models::vpc {
namespace {

using tcp::index;
using tcp::other;

constexpr std::string_view field_names =
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status";
constexpr int protocol_tcp = 6;  // IANA's number.

std::int64_t seconds_of(sim::WallTime instant) {
  return std::chrono::floor<std::chrono::seconds>(instant).time_since_epoch().count();
}

void append_address(std::string& out, Ipv4 address) {
  fmt::format_to(std::back_inserter(out), "{}.{}.{}.{} ", address.bits >> 24,
                 address.bits >> 16 & 0xFF, address.bits >> 8 & 0xFF, address.bits & 0xFF);
}

}  // namespace

void FlowLogs::Counter::add(PacketCount more, SimTime now) {
  if (packets == 0) first = now;
  packets += more.packets;
  bytes += static_cast<std::uint64_t>(more.bytes.count());
  last = now;
}

void FlowLogs::Counter::add(const Counter& more) {
  first = packets == 0 ? more.first : std::min(first, more.first);
  last = std::max(last, more.last);
  packets += more.packets;
  bytes += more.bytes;
}

void FlowLogs::configure(Settings settings) { settings_ = std::move(settings); }

void FlowLogs::watch(Interface& interface, std::string id, bool is_of_nitro_instance) {
  if (!is_on()) return;
  interface.flow_log = static_cast<std::uint32_t>(watched_.size());
  watched_.push_back(
      {&interface, std::move(id), !is_of_nitro_instance && settings_.interval_max > interval});
}

void FlowLogs::start() {
  if (!is_on()) return;
  sink_.flow_log(field_names);
  interval_begin_ = wall(engine_.now());
  slow_begin_ = interval_begin_;
  const sim::WallTime next = std::chrono::floor<std::chrono::minutes>(interval_begin_) + interval;
  engine_.after(next - interval_begin_, sim::call<&FlowLogs::on_interval_end>(*this));
}

void FlowLogs::on_interval_end() {
  engine_.after(interval, sim::call<&FlowLogs::on_interval_end>(*this));
  const sim::WallTime end = wall(engine_.now());
  close_interval(end);
  if (end.time_since_epoch() % settings_.interval_max == sim::Duration::zero()) write_slow(end);
}

void FlowLogs::finish() {
  if (!is_on()) return;
  const sim::WallTime end = wall(engine_.now());
  if (end > interval_begin_ || !entries_.empty()) close_interval(end);
  if (end > slow_begin_ || !slow_.empty()) write_slow(end);
}

// --- Counting ---------------------------------------------------------------------------------

FlowLogs::Entry& FlowLogs::entry_of(FlowRef& flow, const FlowEnds& ends) {
  if (flow.interval == interval_number_) return entries_[flow.entry];
  flow = {interval_number_, static_cast<std::uint32_t>(entries_.size())};
  Entry& entry = entries_.emplace_back();
  const Interface* interfaces[2] = {ends.client, ends.server};
  for (const std::size_t end : {0U, 1U}) {
    entry.interfaces[end] = interfaces[end]->flow_log;
    entry.addresses[end] = interfaces[end]->address;
  }
  entry.ports[0] = ends.client_port;
  entry.ports[1] = ends.server_port;
  return entry;
}

void FlowLogs::passed(FlowRef& flow, const FlowEnds& ends, Side from, PacketCount there,
                      PacketCount back) {
  Entry& entry = entry_of(flow, ends);
  const SimTime now = engine_.now();
  if (there.packets > 0) entry.both[index(from)].add(there, now);
  if (back.packets > 0) entry.both[index(other(from))].add(back, now);
}

void FlowLogs::seen_at(FlowRef& flow, const FlowEnds& ends, Side from, Side at, Action action,
                       PacketCount packets) {
  Entry& entry = entry_of(flow, ends);
  std::uint32_t place = entry.first_aside;
  while (place != none) {
    const Aside& aside = asides_[place];
    if (aside.from == from && aside.at == at && aside.action == action) break;
    place = aside.next;
  }
  if (place == none) {
    place = static_cast<std::uint32_t>(asides_.size());
    asides_.push_back({from, at, action, entry.first_aside, {}});
    entry.first_aside = place;
  }
  asides_[place].counter.add(packets, engine_.now());
}

// --- Writing ----------------------------------------------------------------------------------

void FlowLogs::add_record(const Entry& entry, Side from, Side at, Action action,
                          const Counter& counter) {
  const std::uint32_t interface = entry.interfaces[index(at)];
  if (counter.packets == 0 || interface == none) return;
  const std::size_t source = index(from);
  const Key key{interface,           entry.addresses[source], entry.addresses[1 - source],
                entry.ports[source], entry.ports[1 - source], action};
  if (watched_[interface].is_slow) {
    slow_[key].add(counter);
  } else {
    records_.push_back({key, counter});
  }
}

void FlowLogs::gather() {
  records_.clear();
  for (const Entry& entry : entries_) {
    for (const Side from : {Side::client, Side::server}) {
      for (const Side at : {Side::client, Side::server}) {
        add_record(entry, from, at, Action::accept, entry.both[index(from)]);
      }
    }
    for (std::uint32_t place = entry.first_aside; place != none; place = asides_[place].next) {
      const Aside& aside = asides_[place];
      add_record(entry, aside.from, aside.at, aside.action, aside.counter);
    }
  }
  entries_.clear();
  asides_.clear();
  ++interval_number_;
  std::ranges::sort(records_, {}, &Record::key);
}

void FlowLogs::close_interval(sim::WallTime end) {
  gather();
  have_record_.assign(watched_.size(), false);
  for (std::size_t next = 0; next < records_.size();) {
    // A port that was used again within the interval, and what both saw and one saw alone.
    Record record = records_[next++];
    for (; next < records_.size() && records_[next].key == record.key; ++next) {
      record.counter.add(records_[next].counter);
    }
    have_record_[record.key.interface] = true;
    write(record);
  }
  for (std::size_t place = 0; place < watched_.size(); ++place) {
    const Watched& watched = watched_[place];
    if (watched.is_slow || have_record_[place] || !watched.interface->attached) continue;
    write_no_data(watched, interval_begin_, end);
  }
  interval_begin_ = end;
}

void FlowLogs::write_slow(sim::WallTime end) {
  have_record_.assign(watched_.size(), false);
  for (const auto& [key, counter] : slow_) {
    have_record_[key.interface] = true;
    write({key, counter});
  }
  slow_.clear();
  for (std::size_t place = 0; place < watched_.size(); ++place) {
    const Watched& watched = watched_[place];
    if (!watched.is_slow || have_record_[place] || !watched.interface->attached) continue;
    write_no_data(watched, slow_begin_, end);
  }
  slow_begin_ = end;
}

void FlowLogs::write(const Record& record) {
  const auto& [key, counter] = record;
  line_.clear();
  fmt::format_to(std::back_inserter(line_), "2 {} {} ", settings_.account,
                 watched_[key.interface].id);
  append_address(line_, key.source);
  append_address(line_, key.target);
  fmt::format_to(std::back_inserter(line_), "{} {} {} {} {} {} {} {} OK", key.source_port,
                 key.target_port, protocol_tcp, counter.packets, counter.bytes,
                 seconds_of(wall(counter.first)), seconds_of(wall(counter.last)),
                 key.action == Action::accept ? "ACCEPT" : "REJECT");
  sink_.flow_log(line_);
}

void FlowLogs::write_no_data(const Watched& watched, sim::WallTime begin, sim::WallTime end) {
  if (begin == end) return;
  line_.clear();
  fmt::format_to(std::back_inserter(line_), "2 {} {} - - - - - - - {} {} - NODATA",
                 settings_.account, watched.id, seconds_of(begin), seconds_of(end));
  sink_.flow_log(line_);
}

}  // namespace hoplab::models::vpc
