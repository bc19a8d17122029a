/** What is known of a repository that a run starts from. */
export const REPOSITORY = {
  RepoContext: {
    name: 'lending-shelf',
    commit: '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
    branch: 'main',
    kind: 'service',
    languages: [{ name: 'JavaScript', files: 4, share: 1 }],
    package_managers: [
      { name: 'npm', manifest: 'package.json', lock: { path: 'package-lock.json', digest: 'a'.repeat(64) } },
    ],
    dependencies: 0,
    entry_points: [{ path: 'src/server.js', source: 'package.json#/scripts/start' }],
    commands: {
      build: null,
      test: { argv: ['node', '--test'], source: 'package.json#/scripts/test' },
      lint: null,
      start: { argv: ['node', 'src/server.js'], source: 'package.json#/scripts/start' },
    },
    test_runner: 'node:test',
    excerpts: [
      { path: 'README.md', from_line: 1, to_line: 3, text: '# Lending shelf\n\nNeighbours lend books.' },
    ],
    tests: ['test/loans.test.js'],
    tree: ['package.json', 'src/server.js', 'test/loans.test.js'],
    specs: [{ path: 'docs/decisions/0001-dates-are-text.md', kind: 'decision', document: null }],
    counts: { files: 9, tests: 1, bytes: 6120 },
    notes: ['No command for lint was found.'],
  },
}
