import { z } from 'zod'
import { judgeByScore, makeGuard, notRun } from './make-guard.ts'
import { Bom, makeBom } from './sbom/cyclonedx.ts'
import { readPackages } from './sbom/packages.ts'

const VERSION = '1.0.0'

/** Every declared dependency is documented unless the playbook is content with less. */
const Settings = z.strictObject({ min: z.number().min(0).max(1).default(1) })

/** Writes the bill of materials of the judged commit; the score is the share of declared dependencies in it. */
export const guard = makeGuard({
  name: 'sbom',
  version: VERSION,
  settings: Settings,
  judge: async (input, settings) => {
    if (input.worktree === null) return notRun('No code is judged.')
    const found = await readPackages(input.worktree.dir)
    if (found.outcome === 'broken') return { outcome: 'fail', score: 0, reasons: [found.reason] }
    const { root, declared, locked } = found
    const bom = makeBom({
      root,
      declared,
      locked,
      commit: input.worktree.commit,
      at: input.now(),
      toolVersion: VERSION,
    })
    const checked = Bom.safeParse(bom)
    if (!checked.success) {
      const reasons = checked.error.issues.map(
        (issue) => `The SBOM would be wrong at /${issue.path.map(String).join('/')}: ${issue.message}`,
      )
      return { outcome: 'fail', score: 0, reasons }
    }
    const documented = new Set(bom.dependencies.find(({ ref }) => ref === '.')?.dependsOn)
    const absent = declared.filter((name) => !documented.has(`node_modules/${name}`))
    const share = declared.length === 0 ? 1 : 1 - absent.length / declared.length
    return {
      ...judgeByScore(
        share,
        settings.min,
        absent.map((name) => `${name} is declared, but no lock file says which version is used.`),
      ),
      metrics: {
        components: bom.components.length + 1,
        declared: declared.length,
        documented: documented.size,
      },
      outputs: [
        {
          name: 'sbom.cdx.json',
          mediaType: 'application/vnd.cyclonedx+json',
          bytes: Buffer.from(`${JSON.stringify(bom, null, 2)}\n`),
        },
      ],
    }
  },
})
