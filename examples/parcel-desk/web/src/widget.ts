import { fetchTracking, NotFound } from "./api";
import { moment, route, title } from "./format";
import type { Tracking } from "./types";

export interface WidgetOptions {
  base: string;
  token: string;
}

function row(text: string, className: string): HTMLElement {
  const element = document.createElement("p");
  element.className = className;
  element.textContent = text;
  return element;
}

export function show(target: HTMLElement, tracking: Tracking): void {
  target.replaceChildren(row(title(tracking.status), "parcel-status"));
  let via = route(tracking.places);
  if (via) {
    target.append(row(via, "parcel-route"));
  }
  for (const scan of tracking.scans) {
    target.append(row(`${moment(scan)} ${scan.code}`, "parcel-scan"));
  }
}

export async function track(
  target: HTMLElement,
  reference: string,
  options: WidgetOptions,
): Promise<void> {
  try {
    show(target, await fetchTracking(options.base, reference, options.token));
  } catch (error) {
    const unknown = error instanceof NotFound;
    target.replaceChildren(
      row(unknown ? "We do not know this parcel" : "Please try again later", "parcel-error"),
    );
  }
}
