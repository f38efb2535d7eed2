/** Signatures by the platform's WebCrypto: the `sign` step of a flow. */
import type { Event, Sign } from './messages.js';

const NAMES = { RS256: 'RSASSA-PKCS1-v1_5', PS256: 'RSA-PSS', ES256: 'ECDSA', EdDSA: 'Ed25519' };

/**
 * Does the step `sign` of a flow: `flow.advance(await sign(step))`. It never rejects: what is wrong with the key, or
 * missing on this platform, is said in the event.
 */
export async function sign(step: Sign): Promise<Event> {
  // One for all: what an algorithm does not know, it does not look at.
  const algorithm = { name: NAMES[step.algorithm], hash: 'SHA-256', namedCurve: 'P-256', saltLength: 32 };
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return failed('this platform has no WebCrypto, or the page was not loaded over https');
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  try {
    bytes = Uint8Array.from(atob(step.key), (character) => character.charCodeAt(0));
    const key = await subtle.importKey('pkcs8', bytes, algorithm, false, ['sign']);
    const { modulusLength = 2048 } = key.algorithm as Partial<RsaKeyAlgorithm>;
    if (modulusLength < 2048) {
      return failed('it is an RSA key of less than 2048 bits: too short to be safe');
    }
    const signature = await subtle.sign(algorithm, key, new TextEncoder().encode(step.data));
    return { kind: 'signed', signature: base64url(new Uint8Array(signature)) };
  } catch (error) {
    // The platform's own words say little, and may be any.
    const missing = (error as { name?: unknown } | null)?.name === 'NotSupportedError';
    return failed(
      missing
        ? `this platform has no ${step.algorithm}`
        : `it cannot be read, or is of the wrong kind for ${step.algorithm}`,
    );
  } finally {
    bytes?.fill(0);
  }
}

function failed(detail: string): Event {
  return { kind: 'failed', fault: 'signing', detail };
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
