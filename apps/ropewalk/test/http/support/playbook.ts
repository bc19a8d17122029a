import { canonicalText, sha256 } from '@ropewalk/core/canonical'
import { Playbook } from '@ropewalk/core/contract/playbook'
import type { PinnedPlaybook } from '../../../src/engine/playbook/read-playbook.ts'

const budgets = { tokens: 1000, tools_minutes: 1, gpu_hours: 0, wallclock_minutes: 60 }

const phase = (name: string, agent: string, needs: readonly string[], guarded: string | null) => ({
  phase: name,
  title: `Phase ${name}`,
  needs,
  parallelism: 'sequential',
  agents: [agent],
  budgets,
  timebox: 'PT1H',
  guards: guarded === null ? [] : [{ guard: 'schema', artifacts: [guarded], rubric: 'completeness' }],
  rubrics: guarded === null ? {} : { completeness: { min: 1, weight: 1 } },
  gate: { pass: 0.75, max_rounds: 2 },
})

const agent = (name: string, ofPhase: string, inputs: readonly string[], output: string) => ({
  agent: name,
  phase: ofPhase,
  kind: 'external',
  capability: ofPhase,
  inputs,
  output,
  prompt: `Write ${output}.`,
})

/** Two phases whose work is done by agents outside: opaque bytes under a guard, then a document. */
export const makeTestPlaybook = (): PinnedPlaybook => {
  const playbook = Playbook.parse({
    name: 'ropewalk',
    phases: [phase('sketch', 'sketcher', [], 'Sketch'), phase('notes', 'noter', ['sketch'], null)],
    agents: [
      agent('sketcher', 'sketch', ['Idea'], 'Sketch'),
      agent('noter', 'notes', ['Idea', 'Sketch'], 'Clarifications'),
    ],
    prices: [],
  })
  return { playbook, hash: sha256(canonicalText(playbook)) }
}
