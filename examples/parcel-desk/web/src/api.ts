import type { Tracking } from "./types";

export class NotFound extends Error {}

/** Ask the desk; the token is the shop's own. */
export async function fetchTracking(
  base: string,
  reference: string,
  token: string,
): Promise<Tracking> {
  const address = `${base}/track/${encodeURIComponent(reference)}`;
  const response = await fetch(address, {
    headers: { "X-Parcel-Token": token },
  });
  if (response.status === 404) {
    throw new NotFound(reference);
  }
  if (!response.ok) {
    throw new Error(`desk answered ${response.status}`);
  }
  return check(await response.json());
}

function check(document: any): Tracking {
  if (typeof document.reference !== "string" || !Array.isArray(document.scans)) {
    throw new Error("desk sent something that is not a tracking document");
  }
  return document;
}
