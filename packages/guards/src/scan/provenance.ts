import type { JudgedArtifact } from '../guard.ts'

export const UNSIGNED =
  'Not signed here: the keys are the engine’s, whose ledger signs the digests named here.'

/** What a statement of provenance is made of. */
export type ProvenanceFacts = {
  readonly code: JudgedArtifact | undefined
  readonly commit: string
  readonly manifest: JudgedArtifact | undefined
  readonly sbomDigest: string
  readonly toolVersion: string
  readonly at: string
}

/**
 * Where the code came from, as an in-toto statement with SLSA provenance, which says itself that it is unsigned.
 * Source: https://github.com/in-toto/attestation/tree/main/spec/v1, https://slsa.dev/spec/v1.0/provenance
 */
export const makeProvenance = (facts: ProvenanceFacts) => {
  const { code, commit, manifest } = facts
  const lineage = code?.artifact.lineage
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      { name: 'commit', digest: { gitCommit: commit } },
      ...(code === undefined ? [] : [{ name: code.artifact.name, digest: { sha256: code.artifact.digest } }]),
      { name: 'SBOM', digest: { sha256: facts.sbomDigest } },
    ],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://ropewalk.dev/build-types/agent-commit/v1',
        externalParameters: { runId: code?.artifact.runId ?? null },
        internalParameters: { manifest: manifest?.artifact.digest ?? null },
        resolvedDependencies: (lineage?.inputArtifactIds ?? []).map((id) => ({ name: id })),
      },
      runDetails: {
        builder: { id: 'ropewalk', version: { 'supply-chain': facts.toolVersion } },
        metadata: {
          invocationId: lineage?.taskId ?? null,
          ...(lineage === undefined ? {} : { finishedOn: lineage.createdAt }),
        },
        byproducts: [
          ...(lineage === undefined ? [] : [{ name: 'maker', annotations: { ...lineage.maker } }]),
          { name: 'signature', annotations: { state: 'unsigned', reason: UNSIGNED } },
        ],
      },
    },
  }
}
