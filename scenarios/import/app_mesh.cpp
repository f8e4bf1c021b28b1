#include "scenarios/import/app_mesh.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "scenarios/import/app_mesh_parts.hpp"
#include "scenarios/schema/source_text.hpp"

// Source: botocore appmesh 2019-01-25 for every member.
namespace hoplab::scenarios {
namespace {

// --- Virtual nodes ----------------------------------------------------------------------------

void read_backend(AwsReading& reading, const Node& node, std::string path,
                  VirtualNodeObject& result) {
  AwsObject backend(reading, node, std::move(path));
  with_child(reading, backend, "virtualService", [&](AwsObject& service) {
    service.accept({"clientPolicy"});
    const auto name = service.required_text("virtualServiceName", "a backend");
    if (name) result.backends.push_back({service.mark(), *name});
  });
  backend.finish();
}

void read_discovery(AwsReading& reading, AwsObject& spec, VirtualNodeObject& result) {
  with_child(reading, spec, "serviceDiscovery", [&](AwsObject& discovery) {
    with_child(reading, discovery, "dns", [&](AwsObject& dns) {
      dns.accept({"ipPreference"});
      result.hostname = dns.required_text("hostname", "discovery by DNS").value_or("");
      const auto type = dns.word("responseType", {"LOADBALANCER", "ENDPOINTS"});
      result.settings.discovery = type == "ENDPOINTS"
                                      ? VirtualNodeSettings::Discovery::dns_endpoints
                                      : VirtualNodeSettings::Discovery::dns_load_balancer;
    });
    with_child(reading, discovery, "awsCloudMap", [&](AwsObject& cloud_map) {
      cloud_map.accept({"attributes", "ipPreference"});
      const auto service = cloud_map.required_text("serviceName", "discovery by Cloud Map");
      const auto space = cloud_map.required_text("namespaceName", "discovery by Cloud Map");
      if (service && space) result.hostname = *service + "." + *space;
    });
  });
}

void read_node_spec(AwsReading& reading, AwsObject& spec, VirtualNodeObject& result) {
  spec.accept({"backendDefaults"});
  spec.each("listeners", [&](const Node& item, std::string path) {
    const ListenerObject listener = read_listener(reading, item, std::move(path));
    if (result.port || !listener.port) return;
    result.port = listener.port;
    result.port_mark = listener.port_mark;
    result.settings = listener.settings;
  });
  spec.each("backends", [&](const Node& item, std::string path) {
    read_backend(reading, item, std::move(path), result);
  });
  read_discovery(reading, spec, result);
  read_logging(reading, spec, result.settings);
}

// --- Whole objects ----------------------------------------------------------------------------

/// What surrounds every `spec`.
void ignore_frame(AwsObject& object, const char* name_key) {
  for (const char* key :
       {"meshName", "meshOwner", "metadata", "status", "tags", "clientToken", name_key}) {
    object.ignore(key);
  }
}

bool is_new(AwsReading& reading, const SourceMark& mark, const char* kind, const std::string& name,
            bool is_known) {
  if (!is_known) return true;
  reading.diagnostics.error(mark, "E0305",
                            fmt::format("{} {} is given twice", kind, yaml::quoted(name)),
                            "keep one of the two");
  return false;
}

}  // namespace

void read_virtual_node(AwsReading& reading, const Node& node, const std::string& name,
                       MeshObjects& mesh) {
  VirtualNodeObject result;
  result.mark = node.mark;
  result.name = name;
  AwsObject object(reading, node, "virtual node " + name);
  ignore_frame(object, "virtualNodeName");
  if (object.child("spec") == nullptr) object.complain_of_absence("spec", "a virtual node");
  with_child(reading, object, "spec",
             [&](AwsObject& spec) { read_node_spec(reading, spec, result); });
  object.finish();
  if (result.port && result.hostname.empty()) {
    object.complain_in_aws("serviceDiscovery", "a virtual node with a listener");
  }
  const bool is_known =
      std::ranges::find(mesh.nodes, name, &VirtualNodeObject::name) != mesh.nodes.end();
  if (is_new(reading, node.mark, "virtual node", name, is_known)) {
    mesh.nodes.push_back(std::move(result));
  }
}

void read_virtual_service(AwsReading& reading, const Node& node, const std::string& name,
                          MeshObjects& mesh) {
  VirtualServiceObject result;
  result.mark = node.mark;
  result.provider_mark = node.mark;
  result.name = name;
  AwsObject object(reading, node, "virtual service " + name);
  ignore_frame(object, "virtualServiceName");
  if (object.child("spec") == nullptr) object.complain_of_absence("spec", "a virtual service");
  with_child(reading, object, "spec", [&](AwsObject& spec) {
    with_child(reading, spec, "provider", [&](AwsObject& provider) {
      result.provider_mark = provider.mark();
      with_child(reading, provider, "virtualNode", [&](AwsObject& child) {
        result.node = child.required_text("virtualNodeName", "a provider").value_or("");
      });
      with_child(reading, provider, "virtualRouter", [&](AwsObject& child) {
        result.router = child.required_text("virtualRouterName", "a provider").value_or("");
      });
    });
  });
  object.finish();
  const bool is_known =
      std::ranges::find(mesh.services, name, &VirtualServiceObject::name) != mesh.services.end();
  if (is_new(reading, node.mark, "virtual service", name, is_known)) {
    mesh.services.push_back(std::move(result));
  }
}

void read_virtual_router(AwsReading& reading, const Node& node, const std::string& name,
                         MeshObjects& mesh) {
  VirtualRouterObject result;
  result.mark = node.mark;
  result.name = name;
  AwsObject object(reading, node, "virtual router " + name);
  ignore_frame(object, "virtualRouterName");
  with_child(reading, object, "spec", [&](AwsObject& spec) {
    spec.each("listeners", [&](const Node& item, std::string path) {
      const ListenerObject listener = read_listener(reading, item, std::move(path));
      if (!result.port) result.port = listener.port;
    });
  });
  if (reading.origin == Origin::scenario) {
    if (const Node* routes = object.child("routes")) {
      const AwsObject list(reading, *routes, object.path_of("routes"));
      for (const auto& [key, value] : routes->entries) {
        RouteObject route;
        route.name = key.name;
        route.router = name;
        read_route(reading, value, std::move(route), mesh);
      }
    }
  }
  object.finish();
  const bool is_known =
      std::ranges::find(mesh.routers, name, &VirtualRouterObject::name) != mesh.routers.end();
  if (is_new(reading, node.mark, "virtual router", name, is_known)) {
    mesh.routers.push_back(std::move(result));
  }
}

// --- Files ------------------------------------------------------------------------------------

namespace {

void read_mesh_object(AwsReading& reading, const Node& node, MeshObjects& mesh) {
  AwsObject object(reading, node, "mesh");
  ignore_frame(object, "meshName");
  with_child(reading, object, "spec", [&](AwsObject& spec) {
    spec.accept({"serviceDiscovery"});
    with_child(reading, spec, "egressFilter", [&](AwsObject& filter) {
      const auto type = filter.word("type", {"ALLOW_ALL", "DROP_ALL"});
      if (!type) return;
      mesh.egress_filter = *type == "ALLOW_ALL" ? EgressFilter::allow_all : EgressFilter::drop_all;
    });
  });
  object.finish();
}

/// The object of the file, by the word that describe-* puts around it or the name it has.
void read_object(AwsReading& reading, const Node& node, std::string_view kind, MeshObjects& mesh) {
  // A reading of its own: what is told here would be told again below.
  sim::Diagnostics again;
  AwsReading names{reading.file, reading.artefacts, again};
  AwsObject object(names, node, "");
  const auto name = [&](const char* key) { return object.text(key).value_or(""); };
  if (const std::string mesh_name = name("meshName"); !mesh_name.empty()) {
    mesh.mesh_name = mesh_name;
  }
  if (kind == "mesh") {
    read_mesh_object(reading, node, mesh);
  } else if (kind == "virtualNode") {
    read_virtual_node(reading, node, name("virtualNodeName"), mesh);
  } else if (kind == "virtualService") {
    read_virtual_service(reading, node, name("virtualServiceName"), mesh);
  } else if (kind == "virtualRouter") {
    read_virtual_router(reading, node, name("virtualRouterName"), mesh);
  } else if (kind == "route") {
    RouteObject route;
    route.name = name("routeName");
    route.router = name("virtualRouterName");
    read_route(reading, node, std::move(route), mesh);
  }
}

}  // namespace

void import_app_mesh(std::string_view text, const std::string& file, MeshObjects& mesh,
                     Artefacts& artefacts, sim::Diagnostics& diagnostics) {
  const auto root = parse_json(text, file, diagnostics);
  if (!root) return;
  AwsReading reading{file, artefacts, diagnostics};
  // A route names its router too: it comes first.
  constexpr std::array<std::string_view, 5> kinds = {"route", "virtualNode", "virtualService",
                                                     "virtualRouter", "mesh"};
  for (const std::string_view kind : kinds) {
    if (const Node* described = root->find(kind); described != nullptr) {
      return read_object(reading, *described, kind, mesh);
    }
  }
  for (const std::string_view kind : kinds) {
    if (root->find(std::string(kind) + "Name") == nullptr) continue;
    return read_object(reading, *root, kind, mesh);
  }
  diagnostics.error(root->mark, "E0306", "this is no object of App Mesh",
                    "it must hold virtualNode, virtualService, virtualRouter, route or mesh, or "
                    "what create-* takes");
}

}  // namespace hoplab::scenarios
