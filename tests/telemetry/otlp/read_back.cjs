// Reads OTLP/JSON files with the messages of OpenTelemetry's own package: each line becomes a
// protobuf message, its bytes are decoded again, and what comes back must be the line. A field that
// the schema does not know, or that has another type, would be missing or changed.
//
// usage: node read_back.cjs RECORDING... Exit code: 0 all came back, 1 something did not, 2 usage.
'use strict';
const fs = require('fs');
const path = require('path');
const protobuf = require('protobufjs/minimal');
const root = require('@opentelemetry/otlp-transformer/build/src/generated/root');

const collector = root.opentelemetry.proto.collector;
const signals = {
  traces: collector.trace.v1.ExportTraceServiceRequest,
  metrics: collector.metrics.v1.ExportMetricsServiceRequest,
  logs: collector.logs.v1.ExportLogsServiceRequest,
};
const ids = new Set(['traceId', 'spanId', 'parentSpanId']);

// OTLP/JSON has ids in hex where protobuf's JSON has base64.
function withBytes(value) {
  if (Array.isArray(value)) return value.map(withBytes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) =>
    [key, ids.has(key) ? Buffer.from(one, 'hex') : withBytes(one)]));
}

function withHex(value) {
  if (Array.isArray(value)) return value.map(withHex);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withHex(one)]));
}

// Where two documents differ first; undefined: nowhere.
function difference(left, right, place) {
  if (left === null || typeof left !== 'object' || right === null || typeof right !== 'object') {
    if (left === right) return undefined;
    return `${place}: ${JSON.stringify(left)} became ${JSON.stringify(right)}`;
  }
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = difference(left[key], right[key], `${place}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

// The message as it came back, and where it is not what was sent.
function readBack(type, text) {
  const sent = JSON.parse(text);
  const bytes = type.encode(type.fromObject(withBytes(sent))).finish();
  const message = type.decode(protobuf.Reader.create(bytes));
  const got = withHex(type.toObject(message, {longs: String, enums: Number, arrays: false}));
  return {got, trouble: difference(sent, got, '')};
}

function main(recordings) {
  if (recordings.length === 0) {
    console.error('usage: node read_back.cjs RECORDING...');
    return 2;
  }
  let lines = 0;
  for (const recording of recordings) {
    for (const [signal, type] of Object.entries(signals)) {
      const file = path.join(recording, 'otlp', `${signal}.jsonl`);
      for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
        if (line === '') continue;
        const {trouble} = readBack(type, line);
        if (trouble !== undefined) {
          console.log(`${file}: ${trouble}`);
          return 1;
        }
        ++lines;
      }
    }
  }
  console.log(`${lines} requests came back as they were sent`);
  return lines > 0 ? 0 : 1;
}

if (require.main === module) process.exitCode = main(process.argv.slice(2));
module.exports = {readBack, signals};
