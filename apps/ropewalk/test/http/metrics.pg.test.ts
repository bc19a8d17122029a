import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from './support/start-api.ts'

describe('/metrics', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startApi()
  })
  afterAll(async () => {
    await api.stop()
  })

  const read = async () => (await api.ask('/metrics')).text

  it('counts requests, errors and how long they took, by operation', async () => {
    await api.ask('/v1/runs')
    await api.ask('/v1/runs?limit=0')
    const text = await read()
    expect(text).toContain('ropewalk_requests_total{operation="listRuns",status="200"} 1')
    expect(text).toContain('ropewalk_request_errors_total{operation="listRuns",code="INVALID_ARGUMENT"} 1')
    expect(text).toMatch(/ropewalk_request_duration_seconds_bucket\{operation="listRuns",le="60"\} 2/u)
  })
})
