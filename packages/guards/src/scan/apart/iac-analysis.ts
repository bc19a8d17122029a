import { checkCompose } from '../rules/compose.ts'
import { checkKubernetes, isKubernetes } from '../rules/kubernetes.ts'
import { checkWorkflow } from '../rules/workflow.ts'
import { parseYaml, type YamlSource } from '../rules/yaml-source.ts'
import type { Analysis } from './analysis.ts'

const COMPOSE = /(?:^|\/)(?:docker-)?compose(?:\.[\w.-]{1,100})?\.ya?ml$/u
const WORKFLOW = /^\.github\/workflows\/[^/]+\.ya?ml$/u

/** The documents of a file, or undefined for a template, which is no YAML until it is filled in. */
const parse = (name: string, text: string): YamlSource[] | undefined => {
  try {
    return parseYaml(name, text)
  } catch (error) {
    if (error instanceof SyntaxError && text.includes('{{')) return undefined
    throw error
  }
}

/** What is wrong with one YAML file, if it is of a kind that describes infrastructure, and how many objects it holds. */
export const analyse: Analysis = ({ name, text }) => {
  const isWorkflow = WORKFLOW.test(name)
  const isCompose = COMPOSE.test(name)
  // YAML that describes no infrastructure is not ours to judge.
  if (!isWorkflow && !isCompose && !(text.includes('apiVersion') && text.includes('kind'))) return []
  const sources = parse(name, text)
  if (sources === undefined) {
    const title = 'This template is no YAML until it is filled in, so it was not scanned.'
    return [{ rule: 'template-not-scanned', severity: 'low', title, file: name, line: 1 }]
  }
  if (isWorkflow) return sources.flatMap(checkWorkflow)
  if (isCompose) return sources.flatMap(checkCompose)
  const objects = sources.filter(isKubernetes)
  return { findings: objects.flatMap(checkKubernetes), data: objects.length > 0 ? objects.length : null }
}
