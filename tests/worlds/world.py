"""Makes a valid scenario from a number: services, versions, policies, loads, faults, all at random.

A world is a plain dictionary with the keys of the scenario language, so that shrinking can take it
apart; to_yaml writes it down. The same number gives the same world for ever, as long as the
catalogue of faults that is handed in is the same. Standard library only.
"""

import json
import random
import re

# Small worlds find as much as big ones, and a crash in a small one can be read.
SIZES = ((70, 3, 9), (25, 10, 24), (5, 25, 60))
# Calls that one request of a load may lead to.
CALLS_MAX = 60
REQUESTS_MAX = 3000


def make_world(seed, catalogue):
    """catalogue: `hoplab faults --json` as a list of rows."""
    return _Maker(seed, catalogue).make()


class _Maker:
    def __init__(self, seed, catalogue):
        self.draw = random.Random(seed)
        self.seed = seed
        self.catalogue = catalogue

    def chance(self, percent):
        return self.draw.randrange(100) < percent

    def ms(self, least, most):
        return '%dms' % self.draw.randint(least, most)

    def make(self):
        self.world = {'hoplab': 1, 'name': 'world-%d' % self.seed,
                      'seed': self.draw.randrange(1, 1 << 40),
                      'duration': '%ds' % self.draw.randint(3, 25)}
        self.seconds = int(self.world['duration'][:-1])
        if self.chance(30):
            self.world['envoyProfile'] = self.draw.choice(['v1.15', 'v1.22', 'v1.29'])
        self.has_mesh = not self.chance(8)
        if not self.has_mesh:
            self.world['mesh'] = 'none'
        self.world['telemetry'] = {'xray': {'samplingRule': {'FixedRate': 1,
                                                             'ReservoirSize': 1}}}
        self._make_services()
        self._make_calls()
        self._make_envoys()
        self._make_policies()
        self._make_hosts()
        self._make_network()
        self._make_workload()
        self._make_faults()
        self._change_mesh()
        return self.world

    def _change_mesh(self):
        """Some worlds without weights are in Service Connect instead. Drawn apart: all others stay.

        Not those whose machines go: proxies that send no counters do not show the audit when.
        """
        draw = random.Random('mesh/%d' % self.seed)
        faults = json.dumps(self.world.get('faults', []))
        is_told = not any(word in faults for word in ('appmesh', 'power-loss', 'instances', 'zone'))
        if not self.has_mesh or self.versions or not is_told or draw.randrange(100) >= 40:
            return
        ways = self.world.get('mesh', {}).get('simulate', {})
        ways.pop('loadBalancing', None)
        ways['retryAttempts'] = draw.choice([0, 1, 2, 5])
        logs = {'format': 'TEXT',
                'includeQueryParameters': draw.choice(['ENABLED', 'DISABLED'])}
        self.world['mesh'] = {'kind': 'serviceConnect', 'simulate': ways,
                              'accessLogConfiguration': logs}
        for service in self.world['services'].values():
            if draw.randrange(100) < 20:
                seconds = draw.choice([0, 1, 3])
                service['serviceConnectConfiguration'] = {'services': [
                    {'timeout': {'perRequestTimeoutSeconds': seconds}}]}

    # --- Services ---------------------------------------------------------------------------

    def _make_services(self):
        size = self.draw.choices(SIZES, [row[0] for row in SIZES])[0]
        count = self.draw.randint(size[1], size[2])
        self.names = []  # What may be called, callers before callees.
        self.versions = {}  # Name -> services behind it, where there are several.
        services = {}
        while len(services) < count:
            name = 's%d' % len(self.names)
            many = self.has_mesh and self.names and self.chance(25)
            if many and len(services) + 2 <= count:
                versions = ['%s-v%d' % (name, i + 1)
                            for i in range(self.draw.randint(2, min(4, count - len(services))))]
                self.versions[name] = versions
            else:
                versions = [name]
            for version in versions:
                services[version] = self._make_service()
            self.names.append(name)
        self.world['services'] = services

    def _make_service(self):
        service = {'serviceTime': self._service_time()}
        if self.chance(35):
            service['desiredCount'] = self.draw.randint(1, 4)
        if self.chance(20):
            service['workers'] = self.draw.choice([1, 2, 4, 16, 512])
        if self.chance(15):
            service['acceptQueue'] = self.draw.choice([0, 1, 4, 1000])
            service['acceptQueueOverflow'] = self.draw.choice(['drop', 'reset'])
        if self.chance(15):
            service['holdsWorkerDuringCalls'] = False
        if self.chance(15):
            service['cpu'] = self.draw.choice([256, 512, 2048])
        if self.chance(15):
            service['responseSize'] = self.draw.choice(['0B', '10KiB', '100KiB', '1MiB'])
        if self.chance(15) and self.has_mesh:
            service['envoy'] = {'workers': self.draw.choice([1, 2, 8]),
                                'serviceTime': self.draw.choice(['0us', '100us', '1ms'])}
        return service

    def _distribution(self, most):
        mean = '%dus' % self.draw.randint(100, most * 1000)
        return self.draw.choice([
            mean,
            {'exponential': {'mean': mean}},
            {'lognormal': {'mean': mean, 'cv': self.draw.choice([0.5, 1, 2])}},
            {'erlang': {'mean': mean, 'k': self.draw.randint(1, 8)}},
            {'pareto': {'mean': mean, 'alpha': self.draw.choice([1.5, 2.5])}},
            {'bimodal': {'fast': mean, 'slow': self.ms(20, 800),
                         'slowShare': self.draw.choice([0.01, 0.2])}},
        ])

    def _service_time(self):
        if self.chance(40):
            return self._distribution(8)
        time = {'wait': self._distribution(30)}
        if self.chance(50):
            time['cpu'] = self._distribution(4)
        return time

    # --- Calls ------------------------------------------------------------------------------

    def _services_of(self, name):
        return self.versions.get(name, [name])

    def _make_calls(self):
        """Callees come later in the list, so no call ever leads back."""
        self.cost = {}
        services = self.world['services']
        for place in range(len(self.names) - 1, -1, -1):
            name = self.names[place]
            later = self.names[place + 1:]
            self.cost[name] = 1
            for service in self._services_of(name):
                calls = []
                cost = 1
                for _ in range(self.draw.choice([0, 1, 1, 2, 3])):
                    if not later:
                        break
                    callee = self.draw.choice(later)
                    if cost + self.cost[callee] > CALLS_MAX:
                        continue
                    cost += self.cost[callee]
                    calls.append(self._make_call(callee))
                if calls:
                    services[service]['calls'] = calls
                    if self.chance(20):
                        services[service]['callOrder'] = 'parallel'
                self.cost[name] = max(self.cost[name], cost)

    def _make_call(self, callee):
        call = {'to': callee}
        if self.chance(40):
            call['path'] = '/' + self.draw.choice(['user', 'cart', 'user/7', 'api/v2'])
        if self.chance(25):
            call['method'] = self.draw.choice(['GET', 'POST', 'PUT'])
        if self.chance(20):
            call['timeout'] = self.ms(50, 6000)
        if self.chance(20):
            call['onError'] = self.draw.choice(['ignore', 'passThrough', {'status': 503},
                                                {'status': 500}])
        if self.chance(10):
            call['requestSize'] = self.draw.choice(['1KiB', '20KiB', '200KiB'])
        return call

    def _make_envoys(self):
        if not self.has_mesh or not self.chance(25):
            return
        envoy = {}
        if self.chance(40):
            envoy['egressConnectTimeout'] = self.draw.choice(['20ms', '300ms', '3s'])
        if self.chance(30):
            envoy['ingressConnectTimeout'] = self.draw.choice(['20ms', '1s'])
        if self.chance(40):
            envoy['maxRequestsPerConnection'] = self.draw.choice([1, 2, 7])
        if self.chance(40):
            envoy['loadBalancing'] = self.draw.choice(['roundRobin', 'leastRequest'])
        if envoy:
            self.world['mesh'] = {'simulate': envoy}

    # --- Routes -----------------------------------------------------------------------------

    def _weights(self, targets):
        weights = [self.draw.randint(0, 50 if len(targets) == 2 else 25) for _ in targets]
        if not any(weights):
            weights[0] = 1
        return weights

    def _make_policies(self):
        if not self.has_mesh:
            return
        if not self.chance(50):
            short = {name: dict(zip(targets, self._weights(targets)))
                     for name, targets in self.versions.items()}
            if short:
                self.world['virtualServices'] = short
            return
        routers, services = {}, {}
        for name in self.names:
            targets = self._services_of(name)
            if len(targets) == 1 and self.chance(30):
                provider = {'virtualNode': {'virtualNodeName': name}}
            else:
                routers[name + '-router'] = {'routes': self._make_routes(targets)}
                provider = {'virtualRouter': {'virtualRouterName': name + '-router'}}
            services[name + '.local'] = {'spec': {'provider': provider}}
        self.world['mesh'] = {'virtualServices': services}
        nodes = {service: self._make_node(service)
                 for service in sorted(self.world['services']) if self.chance(25)}
        if nodes:
            self.world['mesh']['virtualNodes'] = nodes
        if routers:
            self.world['mesh']['virtualRouters'] = routers

    def _make_node(self, service):
        listener = {'portMapping': {'port': 8080, 'protocol': 'http'}}
        if self.chance(40):
            listener['timeout'] = {'http': {'perRequest': {
                'unit': 'ms', 'value': self.draw.choice([40, 700, 4000, 30000])}}}
        if self.chance(40):
            listener['outlierDetection'] = {
                'maxServerErrors': self.draw.randint(1, 5),
                'interval': {'unit': 's', 'value': self.draw.choice([1, 3])},
                'baseEjectionDuration': {'unit': 's', 'value': self.draw.choice([1, 4])},
                'maxEjectionPercent': self.draw.choice([0, 50, 100])}
        if self.chance(30):
            pool = {'maxConnections': self.draw.randint(1, 10)}
            if self.chance(60):
                pool['maxPendingRequests'] = self.draw.randint(1, 20)
            listener['connectionPool'] = {'http': pool}
        if self.chance(30):
            listener['healthCheck'] = {
                'protocol': 'http', 'path': '/', 'healthyThreshold': 2, 'unhealthyThreshold': 2,
                'timeoutMillis': 2000, 'intervalMillis': 5000}
        names = dict.fromkeys(call['to']
                              for call in self.world['services'][service].get('calls', ()))
        return {'spec': {
            'listeners': [listener],
            'serviceDiscovery': {'dns': {'hostname': service + '.local'}},
            'backends': [{'virtualService': {'virtualServiceName': name + '.local'}}
                         for name in names]}}

    def _make_routes(self, targets):
        routes = {'all': self._make_route('/', targets)}
        if self.chance(30):
            routes['some'] = self._make_route(self.draw.choice(['/user', '/api']), targets)
        return routes

    def _make_route(self, prefix, targets):
        http = {'match': {'prefix': prefix},
                'action': {'weightedTargets': [
                    {'virtualNode': target, 'weight': weight}
                    for target, weight in zip(targets, self._weights(targets))]}}
        if self.chance(40):
            http['timeout'] = {'perRequest': {'unit': 'ms',
                                              'value': self.draw.choice([50, 500, 3000, 20000])}}
        if self.chance(50):
            http['retryPolicy'] = {
                'maxRetries': self.draw.randint(0, 4),
                'perRetryTimeout': {'unit': 'ms', 'value': self.draw.choice([30, 400, 15000])},
                'httpRetryEvents': self.draw.sample(
                    ['server-error', 'gateway-error', 'client-error', 'stream-error'],
                    self.draw.randint(1, 3))}
            if self.chance(50):
                http['retryPolicy']['tcpRetryEvents'] = ['connection-error']
        return {'spec': {'httpRoute': http}}

    # --- Places -----------------------------------------------------------------------------

    def _make_hosts(self):
        self.hosts = []
        if not self.chance(60):
            return
        self.hosts = ['h%d' % i for i in range(self.draw.randint(1, 4))]
        self.world['hosts'] = {
            host: {'instanceType': self.draw.choice(['m5.xlarge', 'm5.2xlarge', 'c5.2xlarge'])}
            for host in self.hosts}
        if self.chance(30):
            self.world['hosts']['h0']['clockOffset'] = self.draw.choice(['-3s', '40ms'])
        busy = set()
        for service in self.world['services'].values():
            if not self.chance(40):
                continue
            places = self.draw.sample(self.hosts, self.draw.randint(1, len(self.hosts)))
            service['placement'] = places
            busy.update(places[:service.get('desiredCount', 1)])
        self.hosts = sorted(busy)
        for host in set(self.world['hosts']) - busy:
            del self.world['hosts'][host]
            for service in self.world['services'].values():
                if host in service.get('placement', ()):
                    service['placement'].remove(host)
        if not busy:
            del self.world['hosts']

    def _make_network(self):
        network = {'latency': '%dus' % self.draw.choice([0, 50, 250, 2000])}
        if self.chance(20):
            network['loopback'] = self.draw.choice(['0us', '20us', '1ms'])
        if self.chance(20):
            network['clientLatency'] = self.ms(1, 20)
        if self.chance(10):
            network['bandwidth'] = self.draw.choice(['100Mbps', '1Gbps'])
        if len(self.hosts) > 1 and self.chance(50):
            link = {'between': self.hosts[:2], 'latency': '%dus' % self.draw.choice([100, 9000])}
            if self.chance(50):
                link['jitter'] = self.draw.choice(['50us', '3ms'])
            if self.chance(30):
                link['bandwidth'] = self.draw.choice(['8Mbps', '1Gbps'])
            network['links'] = [link]
        self.world['network'] = network

    # --- Load -------------------------------------------------------------------------------

    def _make_workload(self):
        entries = [name for name in self.names if name not in self.versions]
        targets = [entries[0]] + [entry for entry in entries[1:4] if self.chance(15)]
        self.world['workload'] = [self._make_load(i, target) for i, target in enumerate(targets)]

    def _make_load(self, number, target):
        load = {'name': 'users-%d' % number, 'to': target}
        rate_max = max(2, REQUESTS_MAX // (self.cost[target] * self.seconds))
        kind = self.draw.choice(['poisson', 'poisson', 'even', 'closed', 'ramp', 'diurnal'])
        if kind == 'closed':
            load['executor'] = 'constant-vus'
            load['vus'] = self.draw.randint(1, min(20, rate_max))
            load['thinkTime'] = self.draw.choice(['200ms', {'exponential': {'mean': '1s'}}])
        else:
            rate = self.draw.randint(1, min(60, rate_max))
            load['rate'] = '%d/s' % rate
            if kind == 'even':
                load['executor'] = 'constant-arrival-rate'
            if kind == 'ramp':
                load['rampTo'] = '%d/s' % self.draw.randint(1, min(60, rate_max))
            if kind == 'diurnal':
                load['profile'] = 'diurnal'
                load['amplitude'] = 0.5
        if self.chance(20):
            load['startTime'] = '1s'
        if self.chance(15):
            load['abandonAfter'] = self.ms(100, 5000)
        if self.chance(15):
            load['noConnectionReuse'] = True
        if self.chance(10):
            load['requests'] = self.draw.randint(1, 200)
        return load

    # --- Faults -----------------------------------------------------------------------------

    def _make_faults(self):
        faults = []
        for _ in range(self.draw.choice([0, 1, 1, 2, 3, 5])):
            fault = self._make_fault(self.draw.choice(self.catalogue))
            if fault:
                faults.append(fault)
        if faults:
            self.world['faults'] = faults

    def _target(self, kind):
        """A target of that kind, or nothing where this world has none."""
        services = sorted(self.world['services'])
        if kind == 'link':
            calls = [(service, callee) for service in services
                     for call in self.world['services'][service].get('calls', ())
                     for callee in self._services_of(call['to'])]
            return '%s->%s' % self.draw.choice(calls) if calls else None
        if kind == 'host' and self.hosts and self.chance(70):
            return self.draw.choice(self.hosts)
        return self.draw.choice(services) if kind in ('service', 'host') else None

    def _make_fault(self, row):
        target = self._target(row['target'])
        if target is None:
            return None
        fault = {'action': row['action'], 'target': target,
                 'at': self.ms(0, self.seconds * 900)}
        if self.chance(60):
            fault['for'] = self.ms(50, self.seconds * 1000)
        count = self.world['services'].get(target, {}).get('desiredCount', 1)
        if count > 1 and self.chance(40):
            fault['count'] = self.draw.randint(1, count)
        parameters = {}
        for parameter in row['parameters']:
            if parameter['required'] or self.chance(50):
                value = self._parameter(parameter)
                if value is not None:
                    parameters[parameter['name']] = value
        if parameters:
            fault['parameters'] = parameters
        return fault

    def _parameter(self, parameter):
        kind, name = parameter['type'], parameter['name']
        if name == 'port':
            return 8080
        if kind == 'ratio':
            return '%d%%' % self.draw.choice([0, 1, 10, 50, 100])
        if kind == 'duration':
            return self.draw.choice(['1ms', '50ms', '400ms', '2s', '5s'])
        if kind == 'bytes':
            return self.draw.choice(['64KiB', '1MiB', '200MiB'])
        if kind == 'bandwidth':
            return self.draw.choice(['1Mbps', '50Mbps', '1Gbps'])
        if kind == 'block':
            return self.draw.choice(['10.0.0.0/17', '10.0.16.0/20', '10.0.32.0/20'])
        if kind == 'integer':
            span = re.search(r'(\d+)\.\.(\d+)', parameter['meaning'])
            if not span:
                return None
            least, most = int(span[1]), int(span[2])
            return self.draw.randint(least, min(most, max(least, 600)))
        if kind == 'boolean':
            return self.chance(50)
        words = parameter.get('words')
        # Other texts mean something: their defaults do.
        return self.draw.choice(words.split('|')) if words else None


# --- Writing down ----------------------------------------------------------------------------------

PLAIN = re.compile(r'[A-Za-z0-9./%-][A-Za-z0-9_./%-]*')


def _flow(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, dict):
        return '{' + ', '.join('%s: %s' % (_flow(k), _flow(v)) for k, v in value.items()) + '}'
    if isinstance(value, list):
        return '[' + ', '.join(_flow(item) for item in value) + ']'
    if isinstance(value, str) and not PLAIN.fullmatch(value):
        return '"' + value.replace('\\', '\\\\').replace('"', '\\"') + '"'
    return str(value)


def to_yaml(world):
    text = ''
    for key, value in world.items():
        if isinstance(value, dict) and value:
            text += key + ':\n' + ''.join('  %s: %s\n' % (_flow(k), _flow(v))
                                          for k, v in value.items())
        elif isinstance(value, list) and value:
            text += key + ':\n' + ''.join('  - %s\n' % _flow(item) for item in value)
        else:
            text += '%s: %s\n' % (key, _flow(value))
    return text
