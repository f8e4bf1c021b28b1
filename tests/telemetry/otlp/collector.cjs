// An OTLP/HTTP collector on 127.0.0.1 that takes what OpenTelemetry's own messages can hold, and
// refuses the rest. It answers as the protocol says ("OTLP/HTTP Response").
//
// usage: node collector.cjs; prints its port on a line. GET /got tells what it has, as JSON.
'use strict';
const http = require('http');
const {readBack, signals} = require('./read_back.cjs');

const got = {traces: [], metrics: [], logs: [], refused: []};

function answer(response, status, body) {
  response.writeHead(status, {'Content-Type': 'application/json'});
  response.end(JSON.stringify(body));
}

function take(request, body, response) {
  const signal = request.url.replace('/v1/', '');
  const refuse = (status, message) => {
    got.refused.push(message);
    answer(response, status, {code: 3, message});  // google.rpc.Status
  };
  if (!(signal in signals)) return refuse(404, `no signal at ${request.url}`);
  if (request.headers['content-type'] !== 'application/json') return refuse(415, 'content type');
  try {
    const {got: message, trouble} = readBack(signals[signal], body);
    if (trouble !== undefined) return refuse(400, trouble);
    got[signal].push(message);
    answer(response, 200, {});
  } catch (error) {
    refuse(400, String(error));
  }
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    if (request.url === '/got') return answer(response, 200, got);
    take(request, Buffer.concat(parts).toString(), response);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
