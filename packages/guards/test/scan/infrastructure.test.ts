import { describe, expect, test } from 'vitest'
import { parseDockerfile } from '../../src/scan/rules/dockerfile.ts'
import { REPOSITORY } from '../support.ts'
import { runTool, scan, tell } from './support.ts'

const DIGEST = `sha256:${'0'.repeat(64)}`

const tellRules = async (scanner: 'iac' | 'container', file: string, text: string) =>
  tell(await scan(scanner, { [file]: text })).map((one) => one.split(' ').slice(0, 2).join(' '))

describe('infrastructure', () => {
  test('where there is none, the scan is done and says that there was nothing to look at', async () => {
    const { document } = await runTool('iac', 'IacReport', { ...REPOSITORY, 'data.yaml': 'a: 1' })
    expect(document).toMatchObject({
      outcome: 'done',
      scanned_files: 0,
      findings: [],
      notes: ['There is no infrastructure file to look at.'],
    })
  })

  test('Terraform without trivy is not run, and never a pass', async () => {
    const { document } = await runTool('iac', 'IacReport', { 'main.tf': 'resource "a" "b" {}' })
    expect(document).toMatchObject({ outcome: 'not-run', reason: 'trivy: trivy is not installed.' })
  })

  test('a careful compose file has nothing worse than low', async () => {
    const text = `services:\n  web:\n    image: web:1.2@${DIGEST}\n    user: '1000'\n    mem_limit: 128m\n    environment:\n      DB_PASSWORD: \${DB_PASSWORD}\n      TOKEN_FILE: /run/secrets/token\n`
    expect(await tellRules('iac', 'compose.yaml', text)).toEqual([])
  })

  test.each([
    ['privileged', 'privileged: true', 'high compose-privileged'],
    ['the host’s network', 'network_mode: host', 'high compose-host-network'],
    ['the host’s processes', 'pid: host', 'high compose-host-pid'],
    ['a strong capability', 'cap_add: [CAP_SYS_ADMIN]', 'high compose-capabilities'],
    ['the container engine', 'volumes: ["/var/run/docker.sock:/s"]', 'high compose-socket'],
    ['the host’s files', 'volumes: [{ type: bind, source: /etc, target: /e }]', 'high compose-host-path'],
    ['root', 'user: root', 'medium compose-root-user'],
    ['no protection', 'security_opt: ["seccomp:unconfined"]', 'high compose-unconfined'],
    ['the newest image', 'image: redis', 'medium compose-latest-image'],
    ['a movable image', 'image: registry:5000/redis:7', 'low compose-image-by-tag'],
    ['a secret by name', 'environment: { DB_PASSWORD: hunter22 }', 'high compose-secret-in-environment'],
    ['a secret in a list', 'environment: ["API_KEY=abcdef"]', 'high compose-secret-in-environment'],
    ['no limit', 'restart: always', 'low compose-no-limits'],
  ])('compose: %s', async (_what, line, rule) => {
    expect(
      await tellRules('iac', 'deploy/docker-compose.prod.yml', `services:\n  a:\n    ${line}\n`),
    ).toContain(rule)
  })

  const container = `
      - name: web
        image: web@${DIGEST}
        resources: { limits: { memory: 64Mi } }
        securityContext:
          runAsNonRoot: true
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true`
  const deployment = (spec: string) =>
    `apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n${spec}`

  test('a careful deployment is clean', async () => {
    expect(await tellRules('iac', 'k8s/web.yaml', deployment(`      containers:${container}\n`))).toEqual([])
  })

  test.each([
    [
      'privileged',
      deployment(`      containers:${container}\n          privileged: true\n`),
      'high k8s-privileged',
    ],
    [
      'the node’s network',
      deployment(`      hostNetwork: true\n      containers:${container}\n`),
      'high k8s-host-network',
    ],
    [
      'the node’s processes',
      deployment(`      hostPID: true\n      containers:${container}\n`),
      'high k8s-host-pid',
    ],
    [
      'the node’s files',
      deployment('      volumes:\n        - hostPath: { path: / }\n'),
      'high k8s-host-path',
    ],
    [
      'an init container as root',
      deployment('      initContainers:\n        - securityContext: { runAsUser: 0 }\n'),
      'high k8s-root-user',
    ],
    ['perhaps root', deployment('      containers:\n        - name: a\n'), 'medium k8s-root-allowed'],
    [
      'more rights later',
      deployment('      containers:\n        - name: a\n'),
      'medium k8s-privilege-escalation',
    ],
    ['no limit', deployment('      containers:\n        - name: a\n'), 'medium k8s-no-limits'],
    [
      'the newest image',
      deployment('      containers:\n        - image: a:latest\n'),
      'medium k8s-latest-image',
    ],
    [
      'a capability',
      deployment('      containers:\n        - securityContext: { capabilities: { add: [ALL] } }\n'),
      'high k8s-capabilities',
    ],
    [
      'a secret',
      deployment('      containers:\n        - env: [{ name: DB_PASSWORD, value: hunter22 }]\n'),
      'high k8s-secret-in-environment',
    ],
    [
      'a role for all',
      'apiVersion: v1\nkind: ClusterRole\nrules:\n  - verbs: ["*"]\n    resources: [pods]\n',
      'high k8s-wildcard-permissions',
    ],
    [
      'an administrator',
      'apiVersion: v1\nkind: ClusterRoleBinding\nroleRef: { name: cluster-admin }\n',
      'high k8s-cluster-admin',
    ],
    [
      'a secret in the repository',
      'apiVersion: v1\nkind: Secret\nstringData: { a: b }\n',
      'high k8s-secret-in-repository',
    ],
    ['a second document', `a: 1\n---\n${deployment('      hostIPC: true\n')}`, 'high k8s-host-ipc'],
    [
      'an item of a list',
      `apiVersion: v1\nkind: List\nitems:\n  - kind: Pod\n    spec: { hostNetwork: true }\n`,
      'high k8s-host-network',
    ],
    [
      'JSON in YAML',
      '{ "apiVersion": "v1", "kind": "Pod", "spec": { "hostNetwork": true } }',
      'high k8s-host-network',
    ],
  ])('Kubernetes: %s', async (_what, text, rule) => {
    expect(await tellRules('iac', 'k8s/any.yaml', text)).toContain(rule)
  })

  test('a template is told, and text that only looks like one is scanned', async () => {
    const template = 'apiVersion: v1\nkind: Pod\n{{- if .a }}\nspec: {{ .b }}\n{{- end }}\n'
    expect(await tellRules('iac', 'chart/a.yaml', template)).toEqual(['low template-not-scanned'])
    const fake = 'apiVersion: v1\nkind: Pod # {{\nspec: { hostNetwork: true }\n'
    expect(await tellRules('iac', 'chart/a.yaml', fake)).toEqual(['high k8s-host-network'])
  })

  const workflow = (step: string, more = '') =>
    `on: push\npermissions: { contents: read }\n${more}jobs:\n  a:\n    steps:\n      - ${step}\n`

  test('a careful workflow is clean', async () => {
    const text = workflow(`uses: some/action@${'a'.repeat(40)}`, 'env: { TOKEN: "${{ secrets.TOKEN }}" }\n')
    expect(await tellRules('iac', '.github/workflows/ci.yml', text)).toEqual([])
  })

  test.each([
    ['a stranger’s action', workflow('uses: some/action@v1'), 'medium workflow-unpinned-action'],
    ['the runner’s own action', workflow('uses: actions/checkout@v4'), 'low workflow-unpinned-action'],
    [
      'a stranger’s text',
      workflow('run: echo "${{ github.event.issue.title }}"'),
      'critical workflow-script-injection',
    ],
    [
      'a branch’s name',
      workflow('run: git push ${{ github.head_ref }}'),
      'critical workflow-script-injection',
    ],
    [
      'a script from the web',
      workflow('run: curl -s https://a.example | sudo bash'),
      'medium workflow-piped-script',
    ],
    ['all rights', 'permissions: write-all\njobs: { a: {} }\n', 'high workflow-wildcard-permissions'],
    ['unsaid rights', 'jobs: { a: {} }\n', 'low workflow-no-permissions'],
    ['a secret', workflow('env: { API_TOKEN: abcdef }'), 'high workflow-secret-in-environment'],
    [
      'a stranger’s code beside secrets',
      'on: pull_request_target\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n        with: { ref: "${{ github.event.pull_request.head.sha }}" }\n',
      'critical workflow-foreign-code',
    ],
  ])('workflow: %s', async (_what, text, rule) => {
    expect(await tellRules('iac', '.github/workflows/ci.yml', text)).toContain(rule)
  })

  test('a finding names the line it stands on', async () => {
    const found = await scan('iac', {
      'compose.yaml': 'services:\n  a:\n    mem_limit: 1m\n    privileged: true\n',
    })
    expect(tell(found)).toEqual(['high compose-privileged compose.yaml:4'])
  })
})

describe('containers', () => {
  const careful = `# syntax=docker/dockerfile:1
FROM node:24@${DIGEST} AS build
COPY package.json ./
RUN npm ci
FROM node:24@${DIGEST}
COPY --from=build /app /app
USER node
HEALTHCHECK CMD node health.js
CMD ["node", "main.js"]
`

  test('a careful Dockerfile is clean', async () => {
    expect(await tellRules('container', 'Dockerfile', careful)).toEqual([])
  })

  test('where there is none, the scan is done and says so', async () => {
    const { document } = await runTool('container', 'ContainerReport', REPOSITORY)
    expect(document).toMatchObject({ outcome: 'done', notes: ['There is no Dockerfile to look at.'] })
  })

  test.each([
    ['no user', `FROM a@${DIGEST}\n`, 'high container-root-user'],
    ['root at last', `FROM a@${DIGEST}\nUSER node\nUSER 0:0\n`, 'high container-root-user'],
    ['a user of another stage', `FROM a@${DIGEST} AS b\nUSER node\nFROM b\n`, 'high container-root-user'],
    ['any base', 'FROM node\n', 'medium container-latest-image'],
    ['a movable base', 'FROM node:24\n', 'low container-image-by-tag'],
    ['a URL', 'FROM a:1\nADD https://a.example/x /x\n', 'medium container-add-url'],
    ['an ADD', 'FROM a:1\nADD x /x\n', 'low container-add'],
    ['a secret', 'FROM a:1\nENV DB_PASSWORD=hunter22\n', 'critical container-secret'],
    ['a secret in the old form', 'FROM a:1\nENV API_KEY abcdef\n', 'critical container-secret'],
    ['a secret over two lines', 'FROM a:1\nENV A=1 \\\n  API_KEY=abcdef\n', 'critical container-secret'],
    ['a secret argument', 'FROM a:1\nARG NPM_TOKEN\n', 'medium container-secret-argument'],
    [
      'a script from the web',
      'FROM a:1\nRUN curl -s https://a.example | sh\n',
      'medium container-piped-script',
    ],
    [
      'a script from the web in a here-document',
      'FROM a:1\nRUN <<EOF\nwget -qO- https://a.example | bash\nEOF\n',
      'medium container-piped-script',
    ],
    ['sudo', 'FROM a:1\nRUN sudo true\n', 'low container-sudo'],
    ['SSH', 'FROM a:1\nEXPOSE 80 22\n', 'medium container-ssh'],
    ['no health check', 'FROM a:1\n', 'low container-no-healthcheck'],
    ['no base', 'RUN true\n', 'medium container-no-base'],
  ])('Dockerfile: %s', async (_what, text, rule) => {
    expect(await tellRules('container', 'Containerfile', text)).toContain(rule)
  })

  test('the whole folder needs a .dockerignore, beside or above', async () => {
    const image = { 'app/Dockerfile': `${careful}COPY . .\n` }
    expect(tell(await scan('container', image))).toEqual([
      'medium container-no-dockerignore app/Dockerfile:10',
    ])
    for (const file of ['.dockerignore', 'app/.dockerignore', 'app/Dockerfile.dockerignore'])
      expect(tell(await scan('container', { ...image, [file]: 'node_modules' }))).toEqual([])
  })

  test('instructions are read with their lines, comments and here-documents', () => {
    const text = '# escape=`\nFROM a\n\nRUN a `\n# no\n  b\nCOPY <<X /x\nUSER root\nX\nUSER c\n'
    expect(parseDockerfile(text)).toEqual([
      { name: 'FROM', text: 'a', line: 2 },
      { name: 'RUN', text: 'a  b', line: 4 },
      { name: 'COPY', text: '<<X /x USER root', line: 7 },
      { name: 'USER', text: 'c', line: 10 },
    ])
  })

  test('an image is scanned only where one is named, and not-run without trivy and its database', async () => {
    const { document } = await runTool(
      'container',
      'ContainerReport',
      {},
      { settings: { image: '/tmp/none.tar' } },
    )
    expect(document.outcome).toBe('not-run')
    expect(document.reason).toMatch(/databases\.trivy/u)
  })
})
