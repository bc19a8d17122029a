import { z } from 'zod'
import { makeGuard, notRun } from './make-guard.ts'
import { scanWithSecretlint } from './scan/scan-secrets.ts'

const Settings = z.strictObject({})

/** No secret in the checkout nor in any document of the run. Any finding is critical. */
export const guard = makeGuard({
  name: 'secrets',
  version: '1.1.0',
  settings: Settings,
  judge: async (input) => {
    const { part, scannedFiles } = await scanWithSecretlint({
      dir: input.worktree?.dir ?? null,
      texts: [...input.judged, ...input.others]
        // A bundle is packed; what it holds is scanned as files of the checkout.
        .filter(({ artifact }) => artifact.commit === null)
        .map(({ artifact, bytes }) => ({ name: artifact.name, bytes })),
    })
    if (scannedFiles === 0 && part.findings.length === 0) return notRun('There is nothing to scan.')
    const isClean = part.findings.length === 0
    return {
      outcome: isClean ? 'pass' : 'fail',
      score: isClean ? 1 : 0,
      severity: isClean ? 'info' : 'critical',
      reasons: part.findings.map(({ file, line, title, rule }) =>
        rule === 'not-scanned'
          ? `${file ?? ''}: ${title}`
          : `${file ?? ''}:${line ?? 1}: a secret of kind ${rule}.`,
      ),
      tool: part.tool,
      toolVersion: part.toolVersion,
      metrics: { files: scannedFiles, findings: part.findings.length },
    }
  },
})
