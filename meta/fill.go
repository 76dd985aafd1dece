package meta

// Fill gives b the sections of from that b has none of, and what of them is
// critical. They are shared: b must not outlive what from's sections lie in.
func (b *Block) Fill(from *Block) {
	share(&b.Color, from.Color)
	share(&b.MasteringDisplay, from.MasteringDisplay)
	share(&b.ContentLight, from.ContentLight)
	shareList(&b.HDR10Plus, from.HDR10Plus)
	shareList(&b.DolbyVision, from.DolbyVision)
	shareList(&b.T35, from.T35)
	share(&b.AmbientViewing, from.AmbientViewing)
	share(&b.Layers, from.Layers)
	share(&b.FilmGrain, from.FilmGrain)
	shareList(&b.User, from.User)
	shareList(&b.Unknown, from.Unknown)
	b.Critical |= from.Critical
}

func share[T any](p **T, from *T) {
	if *p == nil {
		*p = from
	}
}

func shareList[T any](p *[]T, from []T) {
	if len(*p) == 0 {
		*p = from
	}
}

// Empty says whether b has no section.
func (b *Block) Empty() bool { return b.count() == 0 }
