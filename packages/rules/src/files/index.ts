export type { EditableFile, LoadedRuleFile, RuleFileKind, RuleFiles, RuleFilesOptions } from './rule-files.js'
export { openRuleFiles } from './rule-files.js'
