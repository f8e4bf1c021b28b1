// App Mesh's objects as its API has them, before they are tied to services.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/import/aws_object.hpp"
#include "scenarios/schema/spec.hpp"

namespace hoplab::scenarios {

struct VirtualNodeObject {
  struct Backend {
    SourceMark mark;
    std::string virtual_service;
  };
  SourceMark mark;
  std::string name;
  std::optional<std::uint16_t> port;  ///< Of its first listener.
  SourceMark port_mark;
  std::string hostname;  ///< Of service discovery; empty: none.
  std::vector<Backend> backends;
  VirtualNodeSettings settings;  ///< Of its first listener, and how it is found.
};

struct VirtualServiceObject {
  SourceMark mark;
  std::string name;  ///< A host name.
  SourceMark provider_mark;
  std::string node;    ///< Provider: a virtual node,
  std::string router;  ///< or a virtual router; or neither.
};

struct VirtualRouterObject {
  SourceMark mark;
  std::string name;
  std::optional<std::uint16_t> port;
};

struct RouteObject {
  SourceMark mark;
  std::string name;
  std::string router;
  Route route;  ///< Its targets name virtual nodes.
};

struct MeshObjects {
  std::string mesh_name;                      ///< As the objects themselves say; empty: none does.
  std::optional<EgressFilter> egress_filter;  ///< As the mesh says.
  std::vector<VirtualNodeObject> nodes;
  std::vector<VirtualServiceObject> services;
  std::vector<VirtualRouterObject> routers;
  std::vector<RouteObject> routes;
};

/// One object as the scenario has it: `node` holds `spec`. Errors: as of AwsObject, and E0302 for
/// what App Mesh would refuse.
void read_virtual_node(AwsReading& reading, const Node& node, const std::string& name,
                       MeshObjects& mesh);
void read_virtual_service(AwsReading& reading, const Node& node, const std::string& name,
                          MeshObjects& mesh);
/// Also its `routes`, which the API keeps apart.
void read_virtual_router(AwsReading& reading, const Node& node, const std::string& name,
                         MeshObjects& mesh);

/// Adds what a file holds: the output of one `aws appmesh describe-*` command ({"virtualNode":
/// {...}}, "mesh", "virtualService", "virtualRouter", "route"), or the input of a create-* command
/// ({"virtualNodeName", "spec"}).
/// Errors: E0306 for a file of another kind, E0305 for an object that is there already.
void import_app_mesh(std::string_view text, const std::string& file, MeshObjects& mesh,
                     Artefacts& artefacts, sim::Diagnostics& diagnostics);

}  // namespace hoplab::scenarios
