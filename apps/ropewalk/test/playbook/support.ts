import { NO_ESTIMATE } from '@ropewalk/core/contract/run-plan'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { makeRunPlan } from '@ropewalk/core/run/plan/make-run-plan'
import type { PinnedPlaybook } from '../../src/engine/playbook/read-playbook.ts'

/** The playbook that comes with the program. */
export const SHIPPED = path.resolve(import.meta.dirname, '../../../../playbook')

/** A whole playbook of its own and an empty project beside it, both thrown away afterwards. */
export type Scene = {
  readonly base: string
  readonly project: string
  /** Replaces text in a file of the base; the text must be there. */
  readonly change: (file: string, from: string | RegExp, to: string) => void
  /** Writes a file of the project. */
  readonly write: (file: string, text: string) => void
  readonly read: (file: string) => string
  readonly remove: () => void
}

export const makeScene = (): Scene => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'playbook-'))
  const [base, project] = [path.join(dir, 'whole'), path.join(dir, 'project')]
  cpSync(SHIPPED, base, { recursive: true })
  mkdirSync(project)
  const read = (file: string) => readFileSync(path.join(base, file), 'utf8')
  return {
    base,
    project,
    read,
    change: (file, from, to) => {
      const source = read(file)
      const changed = source.replace(from, to)
      if (changed === source) throw new Error(`${file} does not hold ${String(from)}`)
      writeFileSync(path.join(base, file), changed)
    },
    write: (file, text) => {
      const full = path.join(project, file)
      mkdirSync(path.dirname(full), { recursive: true })
      writeFileSync(full, text)
    },
    remove: () => rmSync(dir, { recursive: true }),
  }
}

/** The plan of a run by this playbook. */
export const planOf = ({ playbook, hash }: PinnedPlaybook) =>
  makeRunPlan({
    playbook,
    playbookHash: hash,
    idea: 'an idea',
    repo: null,
    models: ['offline'],
    capMicros: 0,
    clarification: 'autonomous',
    questionDeadlineMs: 0,
    unconfined: false,
    estimate: NO_ESTIMATE,
  })
