/**
 * Marks a field that is for operators only, so that a federated graph can leave it out of what it shows to others
 * (a contract that excludes the tag). It protects nothing: scopes do. See docs/schema.md.
 */
export const INTERNAL = '@tag(name: "internal")';
