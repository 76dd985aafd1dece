package kmstest

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gst-shmmeta/gst-shmmeta/elements/internal/sys"
)

func (f *File) run(req uintptr, arg unsafe.Pointer) error {
	c := f.c
	switch req {
	case sys.DRM_IOCTL_MODE_ATOMIC:
		return f.atomicCommit((*sys.DRMModeAtomic)(arg))
	case sys.DRM_IOCTL_VERSION:
		a := (*sys.DRMVersion)(arg)
		copy(unsafe.Slice((*byte)(a.Name.Pointer()), a.NameLen), c.Driver)
		a.NameLen = uintptr(len(c.Driver))
		return f.lie(req, a)
	case sys.DRM_IOCTL_SET_VERSION:
		if !f.isMaster() {
			return unix.EACCES
		}
	case sys.DRM_IOCTL_GET_UNIQUE:
		a := (*sys.DRMUnique)(arg)
		copy(unsafe.Slice((*byte)(a.Unique.Pointer()), a.UniqueLen), c.BusID)
		a.UniqueLen = uintptr(len(c.BusID))
		return f.lie(req, a)
	case sys.DRM_IOCTL_SET_CLIENT_CAP:
		a := (*sys.DRMSetClientCap)(arg)
		if a.Capability == sys.DRM_CLIENT_CAP_ATOMIC {
			if c.NoAtomic {
				return unix.EOPNOTSUPP
			}
			f.atomic = true
		}
	case sys.DRM_IOCTL_GET_CAP:
		a := (*sys.DRMGetCap)(arg)
		switch a.Capability {
		case sys.DRM_CAP_ADDFB2_MODIFIERS:
			if !c.NoModifiers {
				a.Value = 1
			}
		case sys.DRM_CAP_DUMB_PREFER_SHADOW:
			if c.PreferShadow {
				a.Value = 1
			}
		case sys.DRM_CAP_PRIME:
			a.Value = sys.DRM_PRIME_CAP_IMPORT | sys.DRM_PRIME_CAP_EXPORT
		}
	case sys.DRM_IOCTL_AUTH_MAGIC:
		if !f.isMaster() {
			return unix.EACCES
		}
		return unix.EINVAL
	case sys.DRM_IOCTL_SET_MASTER:
		if f.lessor != nil {
			return unix.EINVAL
		}
		if c.master != nil && c.master != f {
			return unix.EBUSY
		}
		c.master = f
	case sys.DRM_IOCTL_DROP_MASTER:
		if !f.isMaster() {
			return unix.EINVAL
		}
		c.master = nil
	default:
		return f.runMode(req, arg)
	}
	return nil
}

func (f *File) runMode(req uintptr, arg unsafe.Pointer) error {
	c := f.c
	switch req {
	case sys.DRM_IOCTL_MODE_GETRESOURCES:
		a := (*sys.DRMModeCardRes)(arg)
		a.CountConnectors = fill(a.ConnectorIDs, a.CountConnectors, f.ids(sys.DRM_MODE_OBJECT_CONNECTOR))
		a.CountCRTCs = fill(a.CRTCIDs, a.CountCRTCs, f.ids(sys.DRM_MODE_OBJECT_CRTC))
		return f.lie(req, a)
	case sys.DRM_IOCTL_MODE_GETPLANERESOURCES:
		a := (*sys.DRMModeGetPlaneRes)(arg)
		a.CountPlanes = fill(a.PlaneIDs, a.CountPlanes, f.ids(sys.DRM_MODE_OBJECT_PLANE))
		return f.lie(req, a)
	case sys.DRM_IOCTL_MODE_GETCONNECTOR:
		a := (*sys.DRMModeGetConnector)(arg)
		o := f.object(a.ConnectorID)
		if o == nil || o.connector == nil {
			return unix.ENOENT
		}
		a.CountModes = fill(a.Modes, a.CountModes, o.connector.modes)
		a.CountEncoders = fill(a.Encoders, a.CountEncoders, o.connector.encoders)
		ids, values := c.values(o)
		fill(a.PropValues, a.CountProps, values)
		a.CountProps = fill(a.Props, a.CountProps, ids)
		a.ConnectorType, a.ConnectorTypeID, a.Connection = o.connector.typ, o.connector.typeID, o.connector.connection
		return f.lie(req, a)
	case sys.DRM_IOCTL_MODE_GETENCODER:
		a := (*sys.DRMModeGetEncoder)(arg)
		a.PossibleCRTCs = c.encoders[a.EncoderID]
	case sys.DRM_IOCTL_MODE_GETPLANE:
		a := (*sys.DRMModeGetPlane)(arg)
		o := f.object(a.PlaneID)
		if o == nil || o.plane == nil {
			return unix.ENOENT
		}
		a.PossibleCRTCs = o.plane.crtcs
		a.CountFormatTypes = fill(a.FormatTypes, a.CountFormatTypes, o.plane.lists)
		return f.lie(req, a)
	case sys.DRM_IOCTL_MODE_OBJ_GETPROPERTIES:
		a := (*sys.DRMModeObjGetProperties)(arg)
		o := f.object(a.ObjID)
		if o == nil || o.kind != a.ObjType {
			return unix.ENOENT
		}
		ids, values := c.values(o)
		fill(a.PropValues, a.CountProps, values)
		a.CountProps = fill(a.Props, a.CountProps, ids)
		return f.lie(req, a)
	case sys.DRM_IOCTL_MODE_GETPROPERTY:
		a := (*sys.DRMModeGetProperty)(arg)
		for _, p := range c.props {
			if p.id == a.PropID {
				a.Flags = p.flags
				copy(a.Name[:], p.name)
				a.CountValues = fill(a.Values, a.CountValues, p.values)
				a.CountEnumBlobs = fill(a.EnumBlob, a.CountEnumBlobs, p.enums)
				return f.lie(req, a)
			}
		}
		return unix.ENOENT
	case sys.DRM_IOCTL_MODE_GETPROPBLOB:
		a := (*sys.DRMModeGetBlob)(arg)
		b := c.blobs[uint64(a.BlobID)]
		if b == nil {
			return unix.ENOENT
		}
		if int(a.Length) == len(b.data) {
			copy(unsafe.Slice((*byte)(a.Data.Pointer()), a.Length), b.data)
		}
		a.Length = uint32(len(b.data))
		return f.lie(req, a)
	case sys.DRM_IOCTL_MODE_CREATEPROPBLOB:
		a := (*sys.DRMModeCreateBlob)(arg)
		a.BlobID = uint32(c.newBlob(unsafe.Slice((*byte)(a.Data.Pointer()), a.Length), f))
	case sys.DRM_IOCTL_MODE_DESTROYPROPBLOB:
		a := (*sys.DRMModeDestroyBlob)(arg)
		b := c.blobs[uint64(a.BlobID)]
		if b == nil || b.owner != f {
			return unix.ENOENT
		}
		b.owner = nil
		c.sweep()
	default:
		return f.runMemory(req, arg)
	}
	return nil
}

func (c *Card) values(o *object) (ids []uint32, values []uint64) {
	for _, p := range o.props {
		ids, values = append(ids, p.id), append(values, c.state[p.slot])
	}
	return ids, values
}

func (f *File) ids(kind uint32) []uint32 {
	var ids []uint32
	for _, o := range f.c.objects {
		if o.kind == kind && o.id&removed == 0 && f.sees(o.id) {
			ids = append(ids, o.id)
		}
	}
	return ids
}

func (f *File) runMemory(req uintptr, arg unsafe.Pointer) error {
	c := f.c
	switch req {
	case sys.DRM_IOCTL_PRIME_FD_TO_HANDLE:
		a := (*sys.DRMPrimeHandle)(arg)
		var st unix.Stat_t
		if c.NoImport {
			return unix.EINVAL
		}
		if err := unix.Fstat(int(a.FD), &st); err != nil {
			return unix.EBADF
		}
		for h, m := range f.handles {
			if m.inode == st.Ino {
				a.Handle = h
				return nil
			}
		}
		fd, err := sys.DupFD(int(a.FD))
		if err != nil {
			return unix.EMFILE
		}
		a.Handle = c.id()
		f.handles[a.Handle] = &memory{inode: st.Ino, fd: fd, size: uint64(st.Size)}
	case sys.DRM_IOCTL_PRIME_HANDLE_TO_FD:
		a := (*sys.DRMPrimeHandle)(arg)
		if c.NoExport {
			return unix.EOPNOTSUPP
		}
		m := f.handles[a.Handle]
		if m == nil {
			return unix.ENOENT
		}
		fd, err := unix.FcntlInt(uintptr(m.fd.Int()), unix.F_DUPFD_CLOEXEC, 0)
		a.FD = int32(fd)
		return err
	case sys.DRM_IOCTL_GEM_CLOSE:
		a := (*sys.DRMGEMClose)(arg)
		m := f.handles[a.Handle]
		if m == nil {
			return unix.EINVAL
		}
		m.fd.Close()
		delete(f.handles, a.Handle)
	case sys.DRM_IOCTL_MODE_CREATE_DUMB:
		a := (*sys.DRMModeCreateDumb)(arg)
		return f.createDumb(a)
	case sys.DRM_IOCTL_MODE_MAP_DUMB:
		a := (*sys.DRMModeMapDumb)(arg)
		if f.handles[a.Handle] == nil {
			return unix.ENOENT
		}
		a.Offset = uint64(a.Handle) * pageSize
		return f.lie(req, a)
	case sys.DRM_IOCTL_MODE_ADDFB2:
		return f.addFB((*sys.DRMModeFBCmd2)(arg))
	case sys.DRM_IOCTL_MODE_RMFB:
		id := uint64(*(*uint32)(arg))
		if fb := c.fbs[id]; fb == nil || fb.owner != f {
			return unix.ENOENT
		}
		c.removeFB(id)
	default:
		return unix.ENOTTY
	}
	return nil
}

func (f *File) createDumb(a *sys.DRMModeCreateDumb) error {
	a.Pitch = (a.Width*a.BPP/8 + 63) &^ 63
	a.Size = uint64(a.Pitch) * uint64(a.Height)
	fd, err := unix.MemfdCreate("dumb", unix.MFD_CLOEXEC)
	if err != nil {
		return unix.ENOMEM
	}
	m := &memory{fd: sys.NewFD(fd), size: a.Size}
	var st unix.Stat_t
	unix.Ftruncate(fd, int64(a.Size))
	unix.Fstat(fd, &st)
	m.inode = st.Ino
	a.Handle = f.c.id()
	f.handles[a.Handle] = m
	return f.lie(sys.DRM_IOCTL_MODE_CREATE_DUMB, a)
}

func (f *File) addFB(a *sys.DRMModeFBCmd2) error {
	c := f.c
	if a.Width == 0 || a.Height == 0 || a.Handles[0] == 0 {
		return unix.EINVAL
	}
	for _, h := range a.Handles {
		if h != 0 && f.handles[h] == nil {
			return unix.ENOENT
		}
	}
	known := false
	for _, o := range c.objects {
		known = known || o.plane != nil && o.plane.has(a.PixelFormat)
	}
	explicit := a.Flags&sys.DRM_MODE_FB_MODIFIERS != 0
	if !known || explicit && c.NoModifiers {
		return unix.EINVAL
	}
	fb := &framebuffer{owner: f, size: f.handles[a.Handles[0]].size, width: a.Width, height: a.Height, fourcc: a.PixelFormat}
	if explicit {
		fb.modifier = a.Modifier[0]
		if fb.modifier != sys.DRM_FORMAT_MOD_LINEAR && fb.modifier != Modifier {
			return unix.EINVAL
		}
	}
	var err error
	if fb.fd, err = sys.DupFD(f.handles[a.Handles[0]].fd.Int()); err != nil {
		return unix.EMFILE
	}
	a.FBID = c.id()
	c.fbs[uint64(a.FBID)] = fb
	return nil
}

func (p *plane) has(fourcc uint32) bool {
	for _, f := range p.formats {
		if f == fourcc {
			return true
		}
	}
	return false
}
