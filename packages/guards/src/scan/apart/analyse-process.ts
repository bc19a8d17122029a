import type { Analysis, Answer, ForeignText } from './analysis.ts'

const { analyse } = (await import(process.argv[2] ?? '')) as { readonly analyse: Analysis }

const answer = async (text: ForeignText): Promise<Answer> => {
  try {
    const found = await analyse(text)
    if ('findings' in found) return { ...found, problem: null }
    return { findings: found, data: null, problem: null }
  } catch (error) {
    return { findings: [], data: null, problem: error instanceof Error ? error.message : String(error) }
  }
}

process.on('message', (text) => {
  void answer(text as ForeignText).then((told) => process.send?.(told))
})
