import { stringify } from 'yaml'

/** A configuration as YAML that `parseConfig` reads back to the same. */
export function formatConfig(config: object): string {
  return stringify(config, { lineWidth: 120, aliasDuplicateObjects: false })
}
