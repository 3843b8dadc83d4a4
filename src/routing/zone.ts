/** The longest name of a zone: as long as the value of a label in Kubernetes. */
export const ZONE_MAX_LENGTH = 63;

const ZONE_REGEXP = /^[A-Za-z0-9._-]*$/;

/**
 * Returns the name of a zone. An empty one says that the node does not tell where it stands.
 *
 * @throws {SyntaxError} If it is too long or has characters that a label's value in Kubernetes cannot have.
 */
export function parseZone(text: string): string {
  if (text.length <= ZONE_MAX_LENGTH && ZONE_REGEXP.test(text)) return text;
  throw new SyntaxError(
    `Cannot use the zone "${text}": it must have at most ${ZONE_MAX_LENGTH} letters, digits, ".", "_" and "-"`,
  );
}
