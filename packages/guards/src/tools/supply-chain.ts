import { sha256 } from '@ropewalk/core/canonical'
import { findArtifact } from '../documents.ts'
import type { JudgedArtifact } from '../guard.ts'
import { Bom, makeBom } from '../sbom/cyclonedx.ts'
import { readPackages, type RepositoryPackages } from '../sbom/packages.ts'
import { makeProvenance, UNSIGNED } from '../scan/provenance.ts'
import type { Tool, ToolInput, ToolResult } from '../tool.ts'
import { getDocumentBytes } from './document-bytes.ts'

const VERSION = '1.0.0'

/** A bill for a commit whose dependencies could not be read names nothing and says why. */
const NOTHING: RepositoryPackages & { readonly outcome: 'read' } = {
  outcome: 'read',
  root: {
    name: 'unnamed',
    version: '0.0.0',
    dependencies: {},
    optionalDependencies: {},
    devDependencies: {},
  },
  declared: [],
  locked: [],
}

const readBill = async (input: ToolInput, code: JudgedArtifact | undefined) => {
  const { worktree } = input
  const found: RepositoryPackages =
    worktree === null
      ? { outcome: 'broken', reason: 'There is no code: the inputs hold no SourceCode.' }
      : await readPackages(worktree.dir)
  const reason = found.outcome === 'broken' ? found.reason : null
  const bom = makeBom({
    ...(found.outcome === 'read' ? found : NOTHING),
    commit: worktree?.commit ?? 'none',
    at: input.now(),
    toolVersion: VERSION,
    properties: [
      { name: 'ropewalk:outcome', value: reason === null ? 'done' : 'not-run' },
      ...(reason === null ? [] : [{ name: 'ropewalk:reason', value: reason }]),
      ...(worktree === null ? [] : [{ name: 'ropewalk:revision', value: worktree.commit }]),
      ...(code === undefined ? [] : [{ name: 'ropewalk:bundle-sha256', value: code.artifact.digest }]),
      { name: 'ropewalk:signature', value: UNSIGNED },
    ],
  })
  // A lock file may hold what no bill can say, such as two packages at one place: then the bill is refused here.
  return Bom.parse(bom)
}

const run = async (input: ToolInput): Promise<ToolResult> => {
  const code = input.inputs.find(({ artifact }) => artifact.commit !== null)
  const document = await readBill(input, code)
  if (input.worktree === null) return { document }
  const provenance = makeProvenance({
    code,
    commit: input.worktree.commit,
    manifest: findArtifact({ judged: input.inputs, others: [] }, 'RepoManifest'),
    sbomDigest: sha256(getDocumentBytes(document)),
    toolVersion: VERSION,
    at: input.now(),
  })
  return {
    document,
    files: [
      {
        name: 'Provenance',
        mediaType: 'application/vnd.in-toto+json',
        bytes: Buffer.from(`${JSON.stringify(provenance, null, 2)}\n`, 'utf8'),
      },
    ],
  }
}

/** The bill of materials of the commit (CycloneDX 1.6) and, beside it, an unsigned statement of its provenance. */
export const tool: Tool = { name: 'supply-chain', version: VERSION, run }
