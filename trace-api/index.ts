export { type Config, ConfigError, loadConfig } from './config.ts';
export { type TraceApi, openTraceApi } from './open-trace-api.ts';
