import type { ESLint, Rule } from 'eslint'
import type { Severity } from '../finding.ts'

type OwnRule = {
  readonly severity: Severity
  readonly selector: string
  readonly message: string
}

const SQL = String.raw`/^\s*(?:select|insert|update|delete|replace|create|drop|alter|merge|with)\b/i`
const SQL_CALL = 'CallExpression[callee.property.name=/^(?:query|execute|exec|prepare|run|get|all|raw)$/]'
const CREDENTIAL =
  '/^(?:password|passwd|secret|client_?secret|api_?key|private_?key|access_?token|auth_?token)$/i'

/** What ESLint's own rules and its security plugin have no rule for. */
const OWN_RULES: Readonly<Record<string, OwnRule>> = {
  'sql-injection': {
    severity: 'high',
    selector: [
      `${SQL_CALL} > TemplateLiteral.arguments[expressions.length>0] > TemplateElement.quasis:first-child[value.raw=${SQL}]`,
      `${SQL_CALL} > BinaryExpression.arguments[operator="+"] Literal[value=${SQL}]`,
    ].join(', '),
    message: 'An SQL statement is put together from values; hand them over as parameters.',
  },
  'tls-not-verified': {
    severity: 'high',
    selector: [
      'Property[key.name="rejectUnauthorized"][value.value=false]',
      'AssignmentExpression[left.property.name="rejectUnauthorized"][right.value=false]',
      'AssignmentExpression[left.property.name="NODE_TLS_REJECT_UNAUTHORIZED"]',
    ].join(', '),
    message: 'Certificates of the other side are not verified.',
  },
  'shell-command': {
    severity: 'high',
    selector:
      'CallExpression[callee.name=/^(?:spawn|spawnSync|execFile|execFileSync)$/] > ObjectExpression > Property[key.name="shell"][value.value=true]',
    message: 'A command goes through a shell; hand over a list of arguments without one.',
  },
  'code-in-vm': {
    severity: 'high',
    selector:
      'CallExpression[callee.property.name=/^(?:runInContext|runInNewContext|runInThisContext)$/], NewExpression[callee.object.name="vm"][callee.property.name="Script"]',
    message: 'node:vm is no sandbox: code in it reaches the whole process.',
  },
  'markup-from-text': {
    severity: 'medium',
    selector: [
      'AssignmentExpression[left.property.name=/^(?:innerHTML|outerHTML)$/]:not([right.type="Literal"])',
      'CallExpression[callee.object.name="document"][callee.property.name=/^write(?:ln)?$/]',
      'CallExpression[callee.property.name="insertAdjacentHTML"]',
      'JSXAttribute[name.name="dangerouslySetInnerHTML"]',
    ].join(', '),
    message: 'Text becomes markup: what a visitor wrote may run as code.',
  },
  'weak-hash': {
    severity: 'medium',
    selector:
      'CallExpression[callee.name="createHash"] > Literal.arguments:first-child[value=/^(?:md5|md4|sha1)$/i], CallExpression[callee.property.name="createHash"] > Literal.arguments:first-child[value=/^(?:md5|md4|sha1)$/i]',
    message: 'MD5 and SHA-1 hold no attack; use SHA-256, or a password hash for passwords.',
  },
  'old-cipher': {
    severity: 'medium',
    selector:
      'CallExpression[callee.property.name=/^create(?:Cipher|Decipher)$/], CallExpression[callee.name=/^create(?:Cipher|Decipher)$/]',
    message: 'createCipher makes its key without salt; use createCipheriv.',
  },
  'written-credential': {
    severity: 'medium',
    selector: [
      `Property[key.name=${CREDENTIAL}] > Literal.value[value=/^[^\\s\${}<>]{8,}$/]`,
      `VariableDeclarator[id.name=${CREDENTIAL}] > Literal.init[value=/^[^\\s\${}<>]{8,}$/]`,
      `AssignmentExpression[left.property.name=${CREDENTIAL}] > Literal.right[value=/^[^\\s\${}<>]{8,}$/]`,
    ].join(', '),
    message: 'A credential is written into the code; read it from the environment.',
  },
  'open-cors': {
    severity: 'low',
    selector:
      'CallExpression[callee.property.name=/^(?:setHeader|header|set)$/][arguments.0.value=/^access-control-allow-origin$/i] > Literal.arguments[value="*"], Property[key.value=/^access-control-allow-origin$/i] > Literal.value[value="*"]',
    message: 'Every site on the web may call this from a visitor’s browser.',
  },
}

/** A rule that reports every node of a selector. */
export const makeRule = ({ selector, message }: Pick<OwnRule, 'selector' | 'message'>): Rule.RuleModule => ({
  meta: { type: 'problem', schema: [] },
  create: (context) => ({
    [selector]: (node: Rule.Node) => {
      context.report({ node, message })
    },
  }),
})

/** Our rules as a plugin of ESLint. */
export const OWN_PLUGIN: ESLint.Plugin = {
  meta: { name: 'ropewalk', version: '1.0.0' },
  rules: Object.fromEntries(Object.entries(OWN_RULES).map(([name, rule]) => [name, makeRule(rule)])),
}

/** How bad a finding of each of our rules is, by the rule's full name. */
export const OWN_SEVERITIES: Readonly<Record<string, Severity>> = Object.fromEntries(
  Object.entries(OWN_RULES).map(([name, { severity }]) => [`ropewalk/${name}`, severity]),
)
