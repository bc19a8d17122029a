import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const ABOUT = `# This project's playbook

Files here lie over the playbook that came with Ropewalk, file by file:

- a file of the same name replaces the whole file: \`phases/prd.yaml\`, \`agents/prd/prd-writer.md\`;
- a file of a new name adds a phase or an agent;
- \`phases/NAME.yaml\` with the two lines \`phase: NAME\` and \`remove: true\` leaves a phase out; what needed it
  then needs what it needed;
- \`before: [NAME]\` in a phase of your own puts it in front of another phase without touching that one's file.

A file that holds only comments counts as absent, so the examples here change nothing until you uncomment them.
Prices and secrets cannot be set here: whoever clones a project should not have to read its playbook first.

    ./ropewalk playbook check    every fault with path, line, column and what to change
    ./ropewalk playbook diff     what this folder changes
`

const PHASE = `# A phase of this project's own, between the requirements and the business plan.
# Take the "# " away from the lines below, and the comment marks from agents/legal/legal-reader.md.
#
# phase: legal
# title: Legal questions
# needs: [prd]
# before: [bizdev]
# parallelism: sequential
# agents: [legal-reader]
# budgets: { tokens: 50000, tools_minutes: 5, gpu_hours: 0, wallclock_minutes: 15 }
# timebox: PT15M
# guards:
#   - guard: schema
#     artifacts: [Memo.Legal]
#     rubric: completeness
#     settings: { required_fields: [title, summary, findings] }
#   - guard: grounding
#     artifacts: [Memo.Legal]
#     rubric: grounding
#     settings: { min: 0.85 }
# rubrics:
#   completeness: { min: 1, weight: 0.5 }
#   grounding: { min: 0.85, weight: 0.5 }
# gate: { pass: 0.8, max_rounds: 3 }
# required_artifacts: [Memo.Legal]
`

const AGENT = `<!--
---
agent: legal-reader
phase: legal
kind: model
capability: model
inputs: [IdeaSpec, PRD]
output: Memo.Legal
model: { tier: strong, temperature: 0 }
failure_modes:
  - Gives advice that only a lawyer may give.
---

You read the requirements for questions that a lawyer has to answer before anything is built.

One finding for each question: what the product does, which kind of rule it may touch, whom it concerns, and what
would be built differently depending on the answer. Cite the requirement, such as \`PRD#/requirements/0\`. What
you cannot cite does not belong here. \`open_points\` lists what you could not judge from the documents.
-->
`

/** The files of an example, by their name in a playbook. As they stand they change nothing. */
export const EXAMPLE: Readonly<Record<string, string>> = {
  'README.md': ABOUT,
  'phases/legal.yaml': PHASE,
  'agents/legal/legal-reader.md': AGENT,
}

export type WrittenExample = { readonly created: readonly string[]; readonly kept: readonly string[] }

/** Writes the example into a folder. What is already there stays as it is. Safe to repeat. */
export const writeExample = (dir: string): WrittenExample => {
  const [created, kept]: [string[], string[]] = [[], []]
  for (const [name, text] of Object.entries(EXAMPLE)) {
    const file = path.join(dir, name)
    if (existsSync(file)) {
      kept.push(name)
      continue
    }
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text, { flag: 'wx' })
    created.push(name)
  }
  return { created, kept }
}
