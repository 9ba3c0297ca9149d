using PeftStudio.Torch;

namespace TorchSharp;

public static partial class torch
{
    public sealed partial class Tensor
    {
        /// <summary>One slice of the first dimension; of the first two.</summary>
        [System.Runtime.CompilerServices.IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => select(0, i1);
            set => Put(select(0, i1), value);
        }

        [System.Runtime.CompilerServices.IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get
            {
                using var row = select(0, i1);
                return row.select(0, i2);
            }

            set
            {
                using var row = select(0, i1);
                Put(row.select(0, i2), value);
            }
        }

        public Tensor narrow(long dim, long start, long length) => Native.Made(Native.pst_narrow(this, dim, start, length, out var result), result);

        public Tensor slice(long dim, long start, long finish, long step) => Native.Made(Native.pst_slice(this, dim, start, finish, step, out var result), result);

        public Tensor select(long dim, long index) => Native.Made(Native.pst_select(this, dim, index, out var result), result);

        public Tensor index_select(long dim, Tensor index) => Native.Made(Native.pst_index_select(this, dim, index, out var result), result);

        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha)
        {
            Native.Done(Native.pst_index_add_(this, dim, index, source, alpha.Value));
            return this;
        }

        public Tensor gather(long dim, Tensor index) => Native.Made(Native.pst_gather(this, dim, index, out var result), result);

        public Tensor scatter_(long dim, Tensor index, Tensor src)
        {
            Native.Done(Native.pst_scatter_(this, dim, index, src));
            return this;
        }

        public Tensor masked_fill(Tensor mask, Scalar value) => Native.Made(Native.pst_masked_fill(this, mask, value.Value, out var result), result);

        public Tensor masked_fill_(Tensor mask, Scalar value)
        {
            Native.Done(Native.pst_masked_fill_(this, mask, value.Value));
            return this;
        }

        public Tensor masked_select(Tensor mask) => Native.Made(Native.pst_masked_select(this, mask, out var result), result);

        public Tensor where(Tensor condition, Tensor y) => Native.Made(Native.pst_where(condition, this, y, out var result), result);

        public Tensor nonzero() => Native.Made(Native.pst_nonzero(this, out var result), result);

        public Tensor[] split(long size, int dim = 0)
        {
            var whole = this.size(dim);
            var parts = new Tensor[(whole + size - 1) / size];
            for (var i = 0; i < parts.Length; i++)
                parts[i] = narrow(dim, i * size, Math.Min(size, whole - (i * size)));
            return parts;
        }

        public Tensor[] chunk(long chunks, long dim = 0)
        {
            var whole = size((int)dim);
            return split(Math.Max(1, (whole + chunks - 1) / chunks), (int)dim);
        }

        public Tensor[] unbind(long dimension = 0)
        {
            var parts = new Tensor[size((int)dimension)];
            for (var i = 0; i < parts.Length; i++)
                parts[i] = select(dimension, i);
            return parts;
        }

        private static void Put(Tensor place, Tensor value)
        {
            place.copy_(value);
            place.Dispose();
        }
    }
}
