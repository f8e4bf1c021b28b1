#include "report/cli/world_pages.hpp"

#include <algorithm>
#include <utility>

#include "models/envoy/admin_pages.hpp"
#include "models/envoy/config_dump.hpp"
#include "models/envoy/proxy.hpp"
#include "models/envoy/stat_pages.hpp"

namespace hoplab::report::cli {
namespace {

namespace envoy = models::envoy;
using live::HttpRequest;
using live::HttpResponse;

constexpr const char* plain = "text/plain; charset=UTF-8";
constexpr const char* json = "application/json";

envoy::PageFacts facts_of(const models::EnvoyView& view) {
  return {.tags = view.facts.tags,
          .clock = view.facts.clock,
          .now = view.facts.now,
          .is_draining = view.proxy->state() == envoy::Proxy::State::draining,
          .memory = view.facts.memory};
}

HttpResponse prometheus_page(const models::EnvoyView& view, const HttpRequest& request) {
  const live::StatsQuery query = live::read_stats_query(request.query);
  if (query.refusal) return *query.refusal;
  return {200, plain,
          envoy::stats_prometheus(view.proxy->stats(), facts_of(view),
                                  {.used_only = query.is_used_only, .shows = query.shows})};
}

HttpResponse stats(const models::EnvoyView& view, const HttpRequest& request) {
  const live::StatsQuery query = live::read_stats_query(request.query);
  if (query.form == live::StatsQuery::Form::prometheus) return prometheus_page(view, request);
  return live::stats_page(envoy::stats_text(view.proxy->stats(), facts_of(view)), query);
}

HttpResponse clusters(const models::EnvoyView& view, const HttpRequest& request) {
  if (live::parameter(request.query, "format") == "json") {
    return {200, json, envoy::clusters_json(*view.proxy)};
  }
  return {200, plain, envoy::clusters_text(*view.proxy)};
}

HttpResponse listeners(const models::EnvoyView& view, const HttpRequest& request) {
  if (live::parameter(request.query, "format") == "json") {
    return {200, json, envoy::listeners_json(*view.proxy)};
  }
  return {200, plain, envoy::listeners_text(*view.proxy)};
}

HttpResponse config_dump(const models::EnvoyView& view, const HttpRequest& /*request*/) {
  return {200, json, envoy::config_dump(*view.proxy, view.facts)};
}

HttpResponse server_info(const models::EnvoyView& view, const HttpRequest& /*request*/) {
  return {200, json, envoy::server_info(*view.proxy, view.facts)};
}

HttpResponse ready(const models::EnvoyView& view, const HttpRequest& /*request*/) {
  const std::string state(envoy::server_state(*view.proxy));
  return {state == "LIVE" ? 200 : 503, plain, state + "\n"};
}

struct Row {
  std::string_view path;
  HttpResponse (*page)(const models::EnvoyView&, const HttpRequest&);
};
constexpr Row rows[] = {
    {"/clusters", clusters},
    {"/config_dump", config_dump},
    {"/listeners", listeners},
    {"/ready", ready},
    {"/server_info", server_info},
    {"/stats", stats},
    {"/stats/prometheus", prometheus_page},
};

}  // namespace

std::vector<live::EnvoyPages::Envoy> WorldPages::envoys() const {
  std::vector<Envoy> all;
  for (const auto& view : world_.envoys()) all.push_back({view.task, view.service});
  return all;
}

HttpResponse WorldPages::page(const std::string& task, const HttpRequest& request) {
  const auto views = world_.envoys();
  const auto view = std::ranges::find(views, task, &models::EnvoyView::task);
  if (view == views.end()) return {404, plain, "its Envoy is gone\n"};
  if (view->proxy->is_paused()) {
    return {503, plain, "the process stands still: a real one would not answer at all\n"};
  }
  const auto* const row = std::ranges::find(rows, request.path, &Row::path);
  if (row == std::ranges::end(rows)) {
    return {404, plain, "invalid path. admin commands are those of GET /\n"};
  }
  return row->page(*view, request);
}

}  // namespace hoplab::report::cli
