import { expect, test } from 'vitest'
import { agent, given, guarded, makePlan, output, phase } from './given.ts'

/** `scan` and `loop` both read the code of `build` and run at the same time; `loop` writes new code. */
const beside = () =>
  makePlan(
    [
      phase({ phase: 'build', agents: ['coder'] }),
      phase({ phase: 'scan', needs: ['build'], agents: ['scanner', 'packer'], ...guarded('Report') }),
      phase({ phase: 'loop', needs: ['build'], agents: ['coder-2', 'tester'] }),
      phase({ phase: 'qa', needs: ['scan', 'loop'], agents: ['measurer'] }),
    ],
    [
      agent('build', 'coder', 'Code'),
      agent('scan', 'scanner', 'Report', { inputs: ['Code'] }),
      agent('scan', 'packer', 'Pack', { inputs: ['Report', 'Code'] }),
      agent('loop', 'coder-2', 'Code', { inputs: ['Code'] }),
      agent('loop', 'tester', 'Tests', { inputs: ['Code', 'Report'] }),
      agent('qa', 'measurer', 'Figures', { inputs: ['Code', 'Report'] }),
    ],
  )

test('a task does not see what a phase beside its own hands in; one after both sees all', () => {
  const run = given(beside())
  run.start()
  const code = output('Code')
  run.complete('coder', { outputs: [code] })
  const newer = output('Code')
  run.complete('coder-2', { outputs: [newer] })
  const read = (name: string) => run.task(name).spec.input.map(({ artifactId }) => artifactId)
  run.complete('scanner', { outputs: [output('Report')] })
  expect(read('packer')).toContain(code.id)
  expect(read('packer')).not.toContain(newer.id)
  expect(read('tester')).toEqual([newer.id])
  run.complete('packer', { outputs: [output('Pack')] })
  expect(read('check')).not.toContain(newer.id)
  run.judge(1)
  run.complete('tester', { outputs: [output('Tests')] })
  expect(read('measurer')).toContain(newer.id)
})
