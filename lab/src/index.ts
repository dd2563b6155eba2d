export { LabError, type LabErrorCode } from './errors.js'
export { type Host, type HostLink, type Lab, openLab } from './lab.js'
export { namespacePrivilege, type Privilege } from './privilege.js'
