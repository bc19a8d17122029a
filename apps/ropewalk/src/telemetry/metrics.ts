import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'

/** One request that was answered; `code` is that of the error table, null where all went well. */
export type AnsweredRequest = {
  readonly operation: string
  readonly status: number
  readonly code: string | null
  readonly durationMs: number
}

/** What this process counts of itself, since it was started. */
export type Metrics = {
  countRequest(request: AnsweredRequest): void
  /** Events that this process has put into the ledger: each text holds one type or several. */
  countEvents(types: readonly string[]): void
  /** All of it in the text format of Prometheus. */
  render(): Promise<string>
}

/** Seconds; a wait for messages lasts up to 50. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/**
 * Counters and durations by OpenTelemetry, read as Prometheus reads them. Labels come from our own tables
 * (operations, error codes, event types) and never from callers, so their number is bounded.
 */
export const makeMetrics = (): Metrics => {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const meter = new MeterProvider({ readers: [reader] }).getMeter('ropewalk')
  const requests = meter.createCounter('ropewalk_requests', { description: 'Requests that were answered.' })
  const errors = meter.createCounter('ropewalk_request_errors', {
    description: 'Requests that were answered with an error.',
  })
  const durations = meter.createHistogram('ropewalk_request_duration_seconds', {
    description: 'From the arrival of a request to the end of its answer.',
    advice: { explicitBucketBoundaries: BOUNDARIES },
  })
  const events = meter.createCounter('ropewalk_events', {
    description: 'Events that this process has put into the ledger.',
  })
  const serializer = new PrometheusSerializer('', false, undefined, true, true)
  return {
    countRequest: ({ operation, status, code, durationMs }) => {
      requests.add(1, { operation, status })
      if (code !== null) errors.add(1, { operation, code })
      durations.record(durationMs / 1000, { operation })
    },
    countEvents: (types) => {
      for (const type of types.flatMap((text) => text.split(' '))) events.add(1, { type })
    },
    render: async () => serializer.serialize((await reader.collect()).resourceMetrics),
  }
}
