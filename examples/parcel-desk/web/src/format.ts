import type { Scan, Status } from "./types";

const TITLES: Record<Status, string> = {
  new: "Registered",
  booked: "Waiting for pick-up",
  in_transit: "On its way",
  out_for_delivery: "Arrives today",
  held: "At the service point",
  delivered: "Delivered",
  returned: "On its way back",
  lost: "We are looking for it",
};

export function title(status: Status): string {
  return TITLES[status];
}

/** Depot time, as it was scanned; the browser's zone plays no part. */
export function moment(scan: Scan): string {
  const [day, clock] = scan.at.split("T");
  if (clock == undefined) {
    return day;
  }
  return `${day} ${clock.slice(0, 5)}`;
}

export function route(places: string[]): string {
  return places.length > 1 ? places.join(" → ") : (places[0] ?? "");
}
