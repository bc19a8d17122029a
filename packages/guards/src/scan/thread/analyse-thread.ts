import { parentPort, workerData } from 'node:worker_threads'
import type { Analysis, ThreadAnswer, ThreadFile } from './analysis.ts'

const { module } = workerData as { readonly module: string }
const { analyse } = (await import(module)) as { readonly analyse: Analysis }

const answer = async (file: ThreadFile): Promise<ThreadAnswer> => {
  try {
    const found = await analyse(file)
    if ('findings' in found) return { ...found, problem: null }
    return { findings: found, data: null, problem: null }
  } catch (error) {
    return { findings: [], data: null, problem: error instanceof Error ? error.message : String(error) }
  }
}

parentPort?.on('message', (file: ThreadFile) => {
  void answer(file).then((told) => parentPort?.postMessage(told))
})
