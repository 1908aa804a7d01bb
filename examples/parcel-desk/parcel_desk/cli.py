import argparse
import os
import sys
from pathlib import Path
from datetime import date

from parcel_desk import importer, manifest, reports
from parcel_desk.models import Address, Parcel
from parcel_desk.rates import load_tariff, quote
from parcel_desk.store import Store
from parcel_desk.web import serve


def build_parser() -> argparse.ArgumentParser:
    """All verbs of the desk."""
    parser = argparse.ArgumentParser(prog="parcel-desk")
    verbs = parser.add_subparsers(dest="verb", required=True)
    orders = verbs.add_parser("import", help="read the shop's CSV")
    orders.add_argument("file", type=Path)
    price = verbs.add_parser("quote", help="price of one parcel")
    price.add_argument("postcode")
    price.add_argument("grams", type=int)
    price.add_argument("--country", default="NL")
    price.add_argument("--express", action="store_true")
    pickup = verbs.add_parser("manifest", help="today's pick-up file")
    pickup.add_argument("carrier")
    pickup.add_argument("--folder", type=Path, default=Path("."))
    pickup.add_argument("--day")
    figures = verbs.add_parser("report", help="figures for the meeting")
    web = verbs.add_parser("serve", help="the tracking page")
    web.add_argument("--token", action="append", default=[])
    for verb in (orders, pickup, figures, web):
        verb.add_argument("--db", default="desk.sqlite3")
    return parser


def run_import(args: argparse.Namespace) -> int:
    """0 when every row could be taken, else 1."""
    result = importer.import_orders(args.file)
    desk = Store(args.db)
    for parcel in result.parcels:
        desk.save(parcel)
    for number, reason in result.rejected:
        print(f"line {number}: {reason}", file=sys.stderr)
    print(f"{len(result.parcels)} parcels, {len(result.rejected)} rejected")
    desk.close()
    return 1 if result.rejected else 0


def run_quote(args: argparse.Namespace) -> int:
    """Print a price."""
    address = Address("", "", "", args.postcode, args.country)
    cents = quote(Parcel("quote", address, args.grams), load_tariff(), args.express)
    print(f"{cents // 100}.{cents % 100:02d} EUR")
    return 0


def run_manifest(args: argparse.Namespace) -> int:
    """Write the pick-up file and print where it is."""
    day = date.fromisoformat(args.day) if args.day else None
    desk = Store(args.db)
    print(manifest.write(desk.all(), args.carrier, args.folder, day))
    desk.close()
    return 0


def run_report(args: argparse.Namespace) -> int:
    """Print the sheet for the meeting."""
    desk = Store(args.db)
    print(reports.render(desk.all(), load_tariff()))
    desk.close()
    return 0


def run_serve(args: argparse.Namespace) -> None:
    """The tracking page, until interrupted."""
    serve(Store(args.db), args.token)


def main(argv=None) -> int:
    """Run one verb; the exit code is the verb's."""
    args = build_parser().parse_args(argv)
    verb = globals()[f"run_{args.verb}"]
    return verb(args) or 0


if __name__ == "__main__":
    sys.exit(main())
