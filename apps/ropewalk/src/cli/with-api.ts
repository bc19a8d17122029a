import type { Config } from '../config.ts'
import { connect } from './connect.ts'
import type { Api } from './api.ts'
import { openLog, readSettings, type CommonFlags } from './settings.ts'
import type { Terminal } from './terminal.ts'

/**
 * Runs `work` against the server of this home, or a short-lived one of our own that does no tasks: what a signal
 * sets going is then done by the next `run` or `up`.
 */
export const withApi = async <T>(
  terminal: Terminal,
  flags: CommonFlags,
  work: (api: Api, config: Config, isOwn: boolean) => Promise<T>,
): Promise<T> => {
  const config = await readSettings(terminal, flags)
  const link = await connect({
    config,
    log: await openLog(config),
    roles: { serve: true, worker: false, timers: false },
  })
  try {
    return await work(link.api, config, link.isOwn)
  } finally {
    await link.close()
  }
}
