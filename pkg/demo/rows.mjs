/** The words of the rows: the same as those of `grantline demo`. */

/** A request and its answer in one line; the address of the emulator says nothing and is left out. */
export function wire({ kind, request, status, fault }, baseUrl) {
  return kind === 'sent' ? [`${request.replaceAll(baseUrl, '')} -> ${status ?? fault ?? 'no answer'}`] : [];
}

/** How a token came, and for how long. */
export function life({ expiresAt }, now, notices) {
  const how = notices.some(({ kind }) => kind === 'renewed') ? 'renewed' : 'granted';
  return `${how}: a token${expiresAt ? ` for ${words(expiresAt.getTime() - now)}` : ''}`;
}

function words(ms) {
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
