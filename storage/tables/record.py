"""What the journal vouches for, row by row."""

from sqlmodel import Field

from storage.tables.base import KEY_LENGTH, Scoped


class SealRow(Scoped, table=True):
    """The digest of a row that decides, as it was written, and the entry of the journal that noted it."""

    __tablename__ = "seal"
    kind: str = Field(primary_key=True, max_length=20)
    """Its table."""
    key: str = Field(primary_key=True, max_length=KEY_LENGTH)
    digest: str = Field(max_length=64)
    seq: int
