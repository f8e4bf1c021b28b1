"""Makes a failing world small: takes away whatever the failure does not need, until nothing goes.

Steps go from coarse to fine: faults, loads, services with all that names them, calls, policies,
places, then single keys. Each smaller world must still fail in the same way.
"""

import copy
import time

OPTIONAL = ('envoyProfile', 'virtualServices', 'mesh', 'hosts', 'network', 'faults')


def _without(world, service):
    """The world without a service; nothing where that leaves no load or a name with no target."""
    smaller = copy.deepcopy(world)
    del smaller['services'][service]
    gone = {service}
    short = smaller.get('virtualServices', {})
    for name, targets in list(short.items()):
        targets.pop(service, None)
        if not any(targets.values()):
            del short[name]
            gone.add(name)
    if not short:
        smaller.pop('virtualServices', None)
    mesh = smaller.get('mesh')
    if isinstance(mesh, dict):
        _prune_mesh(mesh, service, gone)
    for other in smaller['services'].values():
        other['calls'] = [call for call in other.get('calls', ()) if call['to'] not in gone]
        if not other['calls']:
            del other['calls']
    smaller['workload'] = [load for load in smaller['workload'] if load['to'] not in gone]
    faults = [fault for fault in smaller.get('faults', ())
              if not gone & set(fault['target'].split('->'))]
    if faults:
        smaller['faults'] = faults
    else:
        smaller.pop('faults', None)
    return smaller if smaller['workload'] and smaller['services'] else None


def _prune_mesh(mesh, service, gone):
    routers = mesh.get('virtualRouters', {})
    for name, router in list(routers.items()):
        for key, route in list(router['routes'].items()):
            action = route['spec']['httpRoute']['action']
            action['weightedTargets'] = [target for target in action['weightedTargets']
                                         if target['virtualNode'] != service]
            if not any(target['weight'] for target in action['weightedTargets']):
                del router['routes'][key]
        if not router['routes']:
            del routers[name]
    for host, object_ in list(mesh['virtualServices'].items()):
        provider = object_['spec']['provider']
        node = provider.get('virtualNode', {}).get('virtualNodeName')
        router = provider.get('virtualRouter', {}).get('virtualRouterName')
        if node == service or (router and router not in routers):
            del mesh['virtualServices'][host]
            gone.add(host.removesuffix('.local'))
    nodes = mesh.get('virtualNodes', {})
    nodes.pop(service, None)
    for node in nodes.values():
        node['spec']['backends'] = [
            backend for backend in node['spec']['backends']
            if backend['virtualService']['virtualServiceName'].removesuffix('.local') not in gone]
    if not nodes:
        mesh.pop('virtualNodes', None)


def _paths(value, path=()):
    """Every place of a dictionary or list below, outer ones first."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(items):
        yield path + (key,)
        if isinstance(item, (dict, list)):
            yield from _paths(item, path + (key,))


def _removed(world, path):
    smaller = copy.deepcopy(world)
    place = smaller
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return smaller


def _candidates(world):
    for key in OPTIONAL:
        if key in world:
            yield _removed(world, (key,))
    for key in ('faults', 'workload'):
        for place in range(len(world.get(key, ())) - 1, -1, -1):
            yield _removed(world, (key, place))
    for service in reversed(list(world['services'])):
        smaller = _without(world, service)
        if smaller:
            yield smaller
    for path in list(_paths(world)):
        if len(path) > 2 and path[0] != 'telemetry':
            yield _removed(world, path)
    for load in range(len(world['workload'])):
        for requests in (1, 20):
            if world['workload'][load].get('requests', 1 << 30) > requests:
                smaller = copy.deepcopy(world)
                smaller['workload'][load]['requests'] = requests
                yield smaller
    for service, keys in world['services'].items():
        if keys.get('desiredCount', 1) > 2:
            smaller = copy.deepcopy(world)
            smaller['services'][service]['desiredCount'] = 2
            yield smaller


def shrink(world, still_fails, seconds):
    """The smallest world found within so many seconds of wall time."""
    end = time.monotonic() + seconds
    is_smaller = True
    while is_smaller and time.monotonic() < end:
        is_smaller = False
        for candidate in _candidates(world):
            if time.monotonic() >= end:
                break
            if still_fails(candidate):
                world = candidate
                is_smaller = True
                break
    return world
