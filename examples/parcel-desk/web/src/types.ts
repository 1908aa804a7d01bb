export interface Scan {
  code: string;
  at: string;
}

export interface Tracking {
  reference: string;
  status: Status;
  places: string[];
  scans: Scan[];
}

export type Status =
  | "new"
  | "booked"
  | "in_transit"
  | "out_for_delivery"
  | "held"
  | "delivered"
  | "returned"
  | "lost";
